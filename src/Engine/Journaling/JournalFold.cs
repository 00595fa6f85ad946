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
    // States at the baseline that are read at once.
    private const int StatesAtOnce = 256;

    private readonly BlockDecoder _decoder = new(plan.Catalog) { WithIdentities = false, WantedSources = BreakdownSources.Of(plan.Catalog) };
    private readonly StoredCounters _stored = new(snapshots, SnapshotKind.Baseline);
    private readonly HashSet<Counter> _folded = [];

    /// <summary>How many events the last fold read.</summary>
    public long Events { get; private set; }

    /// <summary>The baseline that the last fold began at.</summary>
    public long Baseline { get; private set; }

    /// <summary>The SequenceNr through which the last fold read.</summary>
    public long LastSequenceNr { get; private set; }

    /// <summary>The last SequenceNr that a part takes in, that of its row; null where parts take all in.</summary>
    internal Func<CounterId, BreakdownValue, long>? PartLimitOf { get; set; }

    /// <summary>The Counters that are computed, of those that a filter means; null for all.</summary>
    internal Func<CounterId, bool>? Only { get; init; }

    /// <summary>How many events of Counters that are computed the last fold took in.</summary>
    internal long Taken { get; private set; }

    /// <summary>Asked for each entry, with its SequenceNr, whether the fold is to go on; null where nobody asks.</summary>
    internal Func<long, CancellationToken, ValueTask<bool>>? GoesOn { get; set; }

    /// <summary>Whether the last fold was ended because it was not to go on.</summary>
    internal bool IsStopped { get; private set; }

    /// <summary>How many of the Counters that are computed the last fold found in the baseline.</summary>
    internal int States { get; private set; }

    /// <summary>When the first entry behind the baseline was persisted, in epoch ms; 0 where there is none.</summary>
    internal long FirstEntryMs { get; private set; }

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

    /// <summary>Folds what was persisted since; called while the journal is not trimmed.</summary>
    /// <exception cref="StoredFormatException">The journal is damaged.</exception>
    internal Task GoOnAsync(int partition, StatisticsFilter filter, Dictionary<CounterId, Counter> counters, CancellationToken cancellationToken)
    {
        GoesOn = null;
        return ReadOnAsync(partition, filter, limitOf: null, counters, cancellationToken);
    }

    private async Task<Dictionary<CounterId, Counter>> FoldAsync(
        int partition, StatisticsFilter filter, Func<CounterId, long>? limitOf, CancellationToken cancellationToken)
    {
        var counters = new Dictionary<CounterId, Counter>();
        IsStopped = false;
        FirstEntryMs = 0;
        IAsyncEnumerable<Snapshot> states = snapshots.ListAsync(partition, SnapshotKind.Baseline, [], cancellationToken)
            .Where(state => Means(filter, SnapshotKeys.CounterId(state.Key)));
        await foreach (Snapshot[] some in states.Chunk(StatesAtOnce).WithCancellation(cancellationToken))
        {
            foreach ((CounterId id, StoredCounter stored) in await _stored.WithPartsAsync(partition, some, id => PageOf(id), cancellationToken))
            {
                Counter counter = stored.Decode(id, PageOf(id), long.MaxValue);
                counter.BeginBreakdowns();
                Limit(counter);
                counters.Add(id, counter);
            }
        }

        Events = Taken = 0;
        States = counters.Count;
        LastSequenceNr = Baseline;
        Lag?.Clear();
        await ReadOnAsync(partition, filter, limitOf, counters, cancellationToken);
        return counters;
    }

    private async Task ReadOnAsync(
        int partition, StatisticsFilter filter, Func<CounterId, long>? limitOf, Dictionary<CounterId, Counter> counters, CancellationToken cancellationToken)
    {
        await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, LastSequenceNr, cancellationToken))
        {
            if (GoesOn is not null && !await GoesOn(entry.SequenceNr, cancellationToken))
            {
                IsStopped = true;
                return;
            }

            if (entry.Entry is Block block)
            {
                _decoder.Open(partition, entry.SequenceNr, block);
                Read(entry, _decoder.JournaledAtMs);
                Fold(filter, limitOf, counters);
            }
            else if (entry.Entry is Owned owned)
            {
                Read(entry, owned.AtMs);
            }

            LastSequenceNr = entry.SequenceNr;
        }
    }

    private void Read(PersistedEntry entry, long atMs)
    {
        FirstEntryMs = FirstEntryMs == 0 ? atMs : FirstEntryMs;
        Lag?.Read(entry, atMs);
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
                Limit(counter);
            }

            Taken++;

            // All events of a block are taken in, or none: the Counter then stands at the block.
            if (limitOf is null || _decoder.SequenceNr <= limitOf(id))
            {
                plan.ApplyToWhole(@event, counter);
                _folded.Add(counter);
            }
            else
            {
                Lag?.LeftOut(new RowKey(id, Part: null));
            }

            plan.ApplyToParts(@event, counter, _decoder.SequenceNr);
        }

        foreach (Counter counter in _folded)
        {
            counter.StandAt(_decoder.SequenceNr);
        }

        _folded.Clear();
    }

    private void Limit(Counter counter)
    {
        if (PartLimitOf is { } limitOf)
        {
            foreach (CounterBreakdown breakdown in counter.Breakdowns)
            {
                breakdown.Limit(
                    part => limitOf(counter.Id, part.ValueOf(breakdown.Breakdown)),
                    part => Lag?.LeftOut(new RowKey(counter.Id, part.ValueOf(breakdown.Breakdown))));
            }
        }
    }

    private bool Means(StatisticsFilter filter, in CounterId id) => filter.Matches(PageOf(id).Name, id.Topic.Type, id.Topic.Id, id.Day) && Only?.Invoke(id) != false;

    private Page PageOf(in CounterId id) => plan.Catalog.PageById(id.PageId)
        ?? throw new StoredFormatException($"The store holds a Counter of page number {id.PageId}, which is not in this program's catalog.");
}
