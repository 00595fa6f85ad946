using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Questions;

/// <summary>Reads the distinct sets that Counters keep, one Counter after the other: those of the snapshots, as Partitions saved them last. Thread-safe.</summary>
/// <param name="snapshots">The snapshots.</param>
/// <param name="partitions">How many Partitions there are.</param>
public sealed class KeptSets(ISnapshotStore snapshots, int partitions)
{
    private const int KeysAtOnce = 256;

    /// <summary>The sets of some metrics of a page on one day, of all topics or of some.</summary>
    /// <param name="page">The page.</param>
    /// <param name="day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <param name="topics">The topics; empty for all.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A snapshot is damaged.</exception>
    public async IAsyncEnumerable<CounterSets> ReadAsync(
        Page page, int day, IReadOnlyList<TopicKey> topics, IReadOnlyList<int> metrics, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int partition = 0; partition < partitions; partition++)
        {
            CounterId[] ids = [.. topics.Where(topic => topic.ShardOf(partitions) == partition).Distinct().Select(topic => new CounterId(page.Id, topic, day))];
            IAsyncEnumerable<Snapshot> states = topics.Count == 0
                ? snapshots.ListAsync(partition, SnapshotKind.Counter, DayPrefix(page, day), cancellationToken)
                : LoadAsync(partition, ids, cancellationToken);
            await foreach (Snapshot state in states)
            {
                yield return Decode(partition, page, state, metrics);
            }
        }
    }

    /// <summary>The sets of some metrics of some Counters of a page, in no order.</summary>
    /// <param name="page">The page.</param>
    /// <param name="ids">The Counters, each once.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A snapshot is damaged.</exception>
    public async IAsyncEnumerable<CounterSets> ReadAsync(
        Page page, IReadOnlyList<CounterId> ids, IReadOnlyList<int> metrics, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (IGrouping<int, CounterId> partition in ids.GroupBy(id => id.Topic.ShardOf(partitions)))
        {
            await foreach (Snapshot state in LoadAsync(partition.Key, [.. partition], cancellationToken))
            {
                yield return Decode(partition.Key, page, state, metrics);
            }
        }
    }

    private async IAsyncEnumerable<Snapshot> LoadAsync(int partition, CounterId[] ids, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (byte[][] some in ids.Select(id => SnapshotKeys.Of(id)).Chunk(KeysAtOnce))
        {
            foreach (Snapshot state in await snapshots.LoadAsync(partition, SnapshotKind.Counter, some, cancellationToken))
            {
                yield return state;
            }
        }
    }

    private static CounterSets Decode(int partition, Page page, Snapshot state, IReadOnlyList<int> metrics)
    {
        CounterId id = SnapshotKeys.CounterId(state.Key);
        try
        {
            return CounterCodec.DecodeSets(id, page, state.Bytes, metrics);
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(partition, SnapshotKind.Counter, state.SequenceNr, e);
        }
    }

    private static byte[] DayPrefix(Page page, int day)
    {
        byte[] prefix = new byte[1 + sizeof(int)];
        prefix[0] = page.Id;
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), day);
        return prefix;
    }
}
