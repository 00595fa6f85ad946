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
    private const int CountersAtOnce = 256;

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

    /// <summary>The sets of some metrics of Counters' parts: for each Counter first null, with whether it is set aside, and then its parts, a page at a time.</summary>
    /// <param name="scope">Which parts of which Counters.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A snapshot is damaged.</exception>
    /// <exception cref="PartsMovedException">A Counter was computed anew meanwhile: what was read of its parts is not all of them.</exception>
    public async IAsyncEnumerable<(CounterSets Counter, IReadOnlyList<PartSets>? Parts)> ReadPartsAsync(
        PartScope scope, IReadOnlyList<int> metrics, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (IGrouping<int, CounterId> partition in scope.Counters().GroupBy(id => id.Topic.ShardOf(partitions)))
        {
            foreach (CounterId[] some in partition.Chunk(CountersAtOnce))
            {
                // A Counter is saved after its parts: read before them, it tells of no page that is not there.
                var keys = new Dictionary<byte[], CounterSets>(ByteKeys.Instance);
                await foreach (Snapshot state in LoadAsync(partition.Key, some, cancellationToken))
                {
                    CounterSets counter = Decode(partition.Key, scope.Page, state, []);
                    yield return (counter, null);
                    AddPages(partition.Key, scope, state, counter, keys);
                }

                await foreach (Snapshot state in snapshots.ReadAsync(partition.Key, SnapshotKind.CounterParts, [.. keys.Keys], cancellationToken))
                {
                    keys.Remove(state.Key, out CounterSets? counter);
                    yield return (counter!, DecodeParts(partition.Key, scope, state, metrics));
                }

                if (keys.Count > 0)
                {
                    byte[] missing = keys.Keys.First();
                    (CounterId id, _, int page) = SnapshotKeys.PartsOf(missing);
                    if (!await IsStillToldAsync(partition.Key, scope, id, missing, cancellationToken))
                    {
                        throw new PartsMovedException(
                            $"Counter {id} is being computed anew by a rebuild or a backfill while its parts by {scope.Breakdown.Name()} are read: try again in a moment.");
                    }

                    throw SnapshotFault.At(partition.Key, SnapshotKind.Counter, 0, new StoredFormatException(
                        $"the state of Counter {id} tells of page {page} of its parts by {scope.Breakdown.Name()}, which is missing."));
                }
            }
        }
    }

    /// <summary>Whether a Counter's own state tells of a page by now.</summary>
    private async Task<bool> IsStillToldAsync(int partition, PartScope scope, CounterId id, byte[] key, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<byte[], CounterSets>(ByteKeys.Instance);
        await foreach (Snapshot state in LoadAsync(partition, [id], cancellationToken))
        {
            AddPages(partition, scope, state, Decode(partition, scope.Page, state, []), keys);
        }

        return keys.ContainsKey(key);
    }

    private IAsyncEnumerable<Snapshot> LoadAsync(int partition, CounterId[] ids, CancellationToken cancellationToken) =>
        snapshots.ReadAsync(partition, SnapshotKind.Counter, [.. ids.Select(id => SnapshotKeys.Of(id))], cancellationToken);

    private static void AddPages(int partition, PartScope scope, Snapshot state, CounterSets counter, Dictionary<byte[], CounterSets> keys)
    {
        try
        {
            foreach (PartPages pages in CounterCodec.DecodeBreakdowns(counter.Id, scope.Page, state.Bytes).Where(pages => pages.Breakdown == scope.Breakdown))
            {
                foreach (int number in pages.Numbers)
                {
                    keys.Add(SnapshotKeys.Of(counter.Id, pages.Breakdown, number), counter);
                }
            }
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(partition, SnapshotKind.Counter, state.SequenceNr, e);
        }
    }

    private static IReadOnlyList<PartSets> DecodeParts(int partition, PartScope scope, Snapshot state, IReadOnlyList<int> metrics)
    {
        try
        {
            return PartPageCodec.DecodeSets(SnapshotKeys.PartsOf(state.Key).Id, scope.Page, scope.Breakdown, state.Bytes, scope.Values, metrics);
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(partition, SnapshotKind.CounterParts, state.SequenceNr, e);
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

    /// <summary>Keys by their bytes.</summary>
    private sealed class ByteKeys : IEqualityComparer<byte[]>
    {
        public static readonly ByteKeys Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] key)
        {
            var hash = new HashCode();
            hash.AddBytes(key);
            return hash.ToHashCode();
        }
    }
}

/// <summary>Which parts of which Counters a question is about.</summary>
/// <param name="Page">The page.</param>
/// <param name="Breakdown">By what it is broken down.</param>
/// <param name="Days">The topics and their days, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Values">The values of the breakdown; null for all.</param>
public sealed record PartScope(
    Page Page, Breakdown Breakdown, IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> Days, IReadOnlySet<BreakdownValue>? Values)
{
    /// <summary>The Counters.</summary>
    public IEnumerable<CounterId> Counters() => Days.SelectMany(topic => topic.Value.Select(day => new CounterId(Page.Id, topic.Key, day)));
}
