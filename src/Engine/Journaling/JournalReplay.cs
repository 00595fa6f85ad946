using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Folds a shard's journal from its baseline: what verify compares with the tables and rebuild writes. Reads the
/// journal and the baseline alone, never snapshots or tables.
/// </summary>
public sealed class JournalReplay
{
    private readonly CountingPlan _plan;
    private readonly IJournal _journal;
    private readonly ISnapshotStore _snapshots;
    private readonly BlockReader _reader;

    /// <summary>Makes a replay over a store.</summary>
    public JournalReplay(CountingPlan plan, IJournal journal, ISnapshotStore snapshots)
    {
        _plan = plan;
        _journal = journal;
        _snapshots = snapshots;
        _reader = new BlockReader(plan.Catalog) { WithIdentities = false };
    }

    /// <summary>How many events the last replay read.</summary>
    public long Events { get; private set; }

    /// <summary>The SequenceNr through which the last replay read.</summary>
    public long LastSequenceNr { get; private set; }

    /// <summary>The Counters of a shard that a filter means, as the journal gives them.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="filter">Which Counters.</param>
    /// <param name="limitOf">
    /// The SequenceNr at which a Counter's fold stops, so that it can be compared with a row at that SequenceNr; null
    /// for no limit.
    /// </param>
    /// <param name="cancellationToken">Ends the replay.</param>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    public async Task<Dictionary<CounterId, Counter>> RunAsync(
        int shard,
        StatisticsFilter filter,
        Func<CounterId, long>? limitOf,
        CancellationToken cancellationToken)
    {
        while (true)
        {
            // The owner may trim the journal meanwhile; then it is read again from the new baseline. What was read may
            // have a gap, or none where all of it went into a baseline that was listed too early.
            Checkpoint start = await _snapshots.LoadCheckpointAsync(shard, cancellationToken).ConfigureAwait(false);
            try
            {
                Dictionary<CounterId, Counter> counters = await RunAsync(shard, start, filter, limitOf, cancellationToken).ConfigureAwait(false);
                if (await IsBaselineAsync(start, shard, cancellationToken).ConfigureAwait(false))
                {
                    return counters;
                }
            }
            catch (StoredFormatException)
            {
                if (await IsBaselineAsync(start, shard, cancellationToken).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    private async ValueTask<bool> IsBaselineAsync(Checkpoint start, int shard, CancellationToken cancellationToken)
    {
        Checkpoint now = await _snapshots.LoadCheckpointAsync(shard, cancellationToken).ConfigureAwait(false);
        return now.BaselineSequenceNr == start.BaselineSequenceNr;
    }

    private async Task<Dictionary<CounterId, Counter>> RunAsync(
        int shard,
        Checkpoint checkpoint,
        StatisticsFilter filter,
        Func<CounterId, long>? limitOf,
        CancellationToken cancellationToken)
    {
        var counters = new Dictionary<CounterId, Counter>();
        await foreach (Snapshot baseline in _snapshots.ListAsync(shard, SnapshotKind.Baseline, [], cancellationToken).ConfigureAwait(false))
        {
            CounterId id = SnapshotKeys.CounterId(baseline.Key);
            if (Means(filter, id))
            {
                counters.Add(id, DecodeBaseline(shard, id, baseline));
            }
        }

        Events = 0;
        LastSequenceNr = checkpoint.BaselineSequenceNr;
        long next = checkpoint.BaselineSequenceNr + 1;
        await foreach (JournalBlock block in _journal.ReadAsync(shard, checkpoint.BaselineSequenceNr, cancellationToken).ConfigureAwait(false))
        {
            if (block.FirstSequenceNr > next)
            {
                throw new StoredFormatException($"The journal of shard {shard} has a gap: after SequenceNr {next - 1} comes {block.FirstSequenceNr}. Restore the store from a backup.");
            }

            next = block.LastSequenceNr + 1;
            Fold(block, filter, limitOf, counters);
            LastSequenceNr = block.LastSequenceNr;
        }

        return counters;
    }

    private Counter DecodeBaseline(int shard, in CounterId id, Snapshot baseline)
    {
        try
        {
            return CounterCodec.Decode(id, PageOf(id), baseline.Bytes);
        }
        catch (StoredFormatException e)
        {
            throw SnapshotFault.At(shard, SnapshotKind.Baseline, baseline.SequenceNr, e);
        }
    }

    private void Fold(JournalBlock block, StatisticsFilter filter, Func<CounterId, long>? limitOf, Dictionary<CounterId, Counter> counters)
    {
        _reader.Open(block);
        while (_reader.Next())
        {
            Events++;
            BusinessEvent @event = _reader.Event;
            var id = new CounterId(_plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day);
            if (!Means(filter, id))
            {
                continue;
            }

            if (!counters.TryGetValue(id, out Counter? counter))
            {
                counters.Add(id, counter = new Counter(id, PageOf(id)));
            }

            if (limitOf is null || _reader.SequenceNr <= limitOf(id))
            {
                counter.Apply(_plan, @event, _reader.SequenceNr);
            }
        }
    }

    private bool Means(StatisticsFilter filter, in CounterId id) => filter.Matches(PageOf(id).Name, id.Topic.Type, id.Topic.Id, id.Day);

    private Page PageOf(in CounterId id) => _plan.Catalog.PageById(id.PageId)
        ?? throw new StoredFormatException($"The store holds a Counter of page number {id.PageId}, which is not in this program's catalog.");
}
