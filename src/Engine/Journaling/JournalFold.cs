using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Journaling;

/// <summary>Folds a Partition's journal from its baseline: what verify compares with the tables and rebuild writes.</summary>
/// <remarks>Reads the journal and the baseline alone, never snapshots or tables; may run beside the owner. Not thread-safe.</remarks>
/// <param name="plan">The compiled catalog.</param>
/// <param name="journal">The journal.</param>
/// <param name="positions">Where the baseline stands.</param>
/// <param name="snapshots">The states at the baseline.</param>
public sealed class JournalFold(CountingPlan plan, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots)
{
    private readonly BlockDecoder _decoder = new(plan.Catalog) { WithIdentities = false };

    /// <summary>How many events the last fold read.</summary>
    public long Events { get; private set; }

    /// <summary>The baseline that the last fold began at.</summary>
    public long Baseline { get; private set; }

    /// <summary>The SequenceNr through which the last fold read.</summary>
    public long LastSequenceNr { get; private set; }

    /// <summary>Takes note of what is read, and of the events that limits leave out; null where nobody asks.</summary>
    internal FlushLag? Lag { get; init; }

    /// <summary>The Counters of a Partition that a filter means, each up to a last SequenceNr, that of its row, where limits are given.</summary>
    /// <remarks>Those of which nothing was taken in stand at SequenceNr 0.</remarks>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    /// <exception cref="OverflowException">A sum is larger than its column holds.</exception>
    /// <exception cref="TimeoutException">The journal was trimmed each time that it was read.</exception>
    public Task<Dictionary<CounterId, Counter>> RunAsync(
        int partition, StatisticsFilter filter, Func<CounterId, long>? limitOf, CancellationToken cancellationToken) => StableBaseline.ReadAsync(
            partition,
            positions,
            baseline =>
            {
                Baseline = baseline;
                return FoldAsync(partition, filter, limitOf, cancellationToken);
            },
            cancellationToken);

    private async Task<Dictionary<CounterId, Counter>> FoldAsync(
        int partition, StatisticsFilter filter, Func<CounterId, long>? limitOf, CancellationToken cancellationToken)
    {
        var counters = new Dictionary<CounterId, Counter>();
        await foreach (Snapshot state in snapshots.ListAsync(partition, SnapshotKind.Baseline, [], cancellationToken))
        {
            CounterId id = SnapshotKeys.CounterId(state.Key);
            if (Means(filter, id))
            {
                counters.Add(id, BaselineState.Decode(partition, id, PageOf(id), state));
            }
        }

        Events = 0;
        LastSequenceNr = Baseline;
        Lag?.Clear();
        await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, Baseline, cancellationToken))
        {
            if (entry.Entry is Block block)
            {
                _decoder.Open(partition, entry.SequenceNr, block);
                Lag?.Read(entry, _decoder.JournaledAtMs);
                Fold(filter, limitOf, counters);
            }
            else if (entry.Entry is Owned owned)
            {
                Lag?.Read(entry, owned.AtMs);
            }

            LastSequenceNr = entry.SequenceNr;
        }

        return counters;
    }

    private void Fold(StatisticsFilter filter, Func<CounterId, long>? limitOf, Dictionary<CounterId, Counter> counters)
    {
        while (_decoder.Next())
        {
            Events++;
            BusinessEvent @event = _decoder.Event;
            var id = new CounterId(plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day);
            if (!Means(filter, id))
            {
                continue;
            }

            if (!counters.TryGetValue(id, out Counter? counter))
            {
                counters.Add(id, counter = new Counter(id, PageOf(id)));
            }

            if (limitOf is null || _decoder.SequenceNr <= limitOf(id))
            {
                // All events of a block are taken in, or none: the Counter then stands at the block.
                plan.Apply(@event, counter);
                counter.SequenceNr = _decoder.SequenceNr;
            }
            else
            {
                Lag?.LeftOut(id);
            }
        }
    }

    private bool Means(StatisticsFilter filter, in CounterId id) => filter.Matches(PageOf(id).Name, id.Topic.Type, id.Topic.Id, id.Day);

    private Page PageOf(in CounterId id) => plan.Catalog.PageById(id.PageId)
        ?? throw new StoredFormatException($"The store holds a Counter of page number {id.PageId}, which is not in this program's catalog.");
}
