using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Takes the oldest part of a shard's journal into its baseline: folds a bounded run of blocks onto the kept states,
/// and writes those in the transaction that removes the blocks.
/// </summary>
internal sealed class JournalTrimmer(CountingPlan plan, IJournal journal, ISnapshotStore snapshots)
{
    private const int MaxEvents = 50_000;

    private readonly BlockReader _reader = new(plan.Catalog) { WithIdentities = false };

    /// <summary>Trims one run of blocks that were journaled before a time and end at or before a SequenceNr.</summary>
    /// <returns>The SequenceNr that the journal was trimmed through, 0 where nothing was to be trimmed, or -1 where the epoch is stale.</returns>
    public async Task<long> TrimAsync(int shard, long epoch, long beforeMs, long throughSequenceNr, CancellationToken cancellationToken)
    {
        Checkpoint checkpoint = await snapshots.LoadCheckpointAsync(shard, cancellationToken).ConfigureAwait(false);
        var run = new List<JournalBlock>();
        long events = 0;
        await foreach (JournalBlock block in journal.ReadAsync(shard, checkpoint.BaselineSequenceNr, cancellationToken).ConfigureAwait(false))
        {
            if (block.JournaledAtMs >= beforeMs || block.LastSequenceNr > throughSequenceNr || events >= MaxEvents)
            {
                break;
            }

            run.Add(block with { Bytes = block.Bytes.ToArray() });
            events += block.LastSequenceNr - block.FirstSequenceNr + 1;
        }

        if (run.Count == 0)
        {
            return 0;
        }

        Dictionary<CounterId, Counter> counters = await LoadAsync(shard, run, cancellationToken).ConfigureAwait(false);
        foreach (JournalBlock block in run)
        {
            _reader.Open(block);
            while (_reader.Next())
            {
                counters[IdOf(_reader.Event)].Apply(plan, _reader.Event, _reader.SequenceNr);
            }
        }

        long through = run[^1].LastSequenceNr;
        SnapshotWrite[] baseline = Fault.Is(FaultPoint.TrimWithoutBaseline) ? [] : [.. counters.Values.Select(counter => new SnapshotWrite
        {
            Shard = shard,
            Epoch = epoch,
            Kind = SnapshotKind.Baseline,
            Key = SnapshotKeys.Of(counter.Id),
            SequenceNr = counter.SequenceNr,
            Bytes = CounterCodec.Encode(counter),
        })];
        return await journal.TrimAsync(shard, epoch, through, baseline, cancellationToken).ConfigureAwait(false) ? through : -1;
    }

    private async Task<Dictionary<CounterId, Counter>> LoadAsync(int shard, List<JournalBlock> run, CancellationToken cancellationToken)
    {
        var counters = new Dictionary<CounterId, Counter>();
        foreach (JournalBlock block in run)
        {
            _reader.Open(block);
            while (_reader.Next())
            {
                CounterId id = IdOf(_reader.Event);
                counters.TryAdd(id, new Counter(id, plan.PageByStream[_reader.Event.Stream.Id]));
            }
        }

        byte[][] keys = [.. counters.Keys.Select(id => SnapshotKeys.Of(id))];
        foreach (Snapshot kept in await snapshots.LoadAsync(shard, SnapshotKind.Baseline, keys, cancellationToken).ConfigureAwait(false))
        {
            CounterId id = SnapshotKeys.CounterId(kept.Key);
            try
            {
                counters[id] = CounterCodec.Decode(id, counters[id].Page, kept.Bytes);
            }
            catch (StoredFormatException e)
            {
                throw SnapshotFault.At(shard, SnapshotKind.Baseline, kept.SequenceNr, e);
            }
        }

        return counters;
    }

    private CounterId IdOf(BusinessEvent @event) => new(plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day);
}
