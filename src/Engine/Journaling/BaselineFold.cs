using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Journaling;

/// <summary>Folds the oldest part of a Partition's journal onto the states at its baseline: a bounded run of entries at a time.</summary>
/// <remarks>Changes nothing; the owner saves the plan and then deletes.</remarks>
internal sealed class BaselineFold(CountingPlan plan, JournalReader journal, IPartitionStore positions, ISnapshotStore snapshots)
{
    private const int MaxEntries = 10_000;
    private const int MaxEvents = 50_000;
    private const long MaxBytes = 16 * 1024 * 1024;

    private readonly BlockDecoder _decoder = new(plan.Catalog) { WithIdentities = false, WantedSources = BreakdownSources.Of(plan.Catalog) };
    private readonly StoredCounters _stored = new(snapshots, SnapshotKind.Baseline);

    /// <summary>Plans one run of entries that were persisted before a time, in epoch ms, and at or before a SequenceNr, at most the checkpoint.</summary>
    /// <remarks>The plan is to be saved under the Epoch; null where nothing is to be trimmed.</remarks>
    /// <exception cref="StoredFormatException">What is to be trimmed, or the baseline, is damaged.</exception>
    /// <exception cref="OverflowException">A sum is larger than its column holds.</exception>
    public async Task<BaselinePlan?> PlanAsync(int partition, long epoch, long beforeMs, long throughSequenceNr, CancellationToken cancellationToken)
    {
        long baseline = (await positions.LoadAsync(partition, cancellationToken)).Baseline;
        var run = new List<PersistedBlock>();
        var counters = new Dictionary<CounterId, Counter>();
        long through = baseline;
        long events = 0;
        long bytes = 0;
        await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, baseline, cancellationToken))
        {
            if (entry.SequenceNr > throughSequenceNr || entry.SequenceNr > baseline + MaxEntries || events >= MaxEvents || bytes >= MaxBytes)
            {
                break;
            }

            if (entry.Entry is Block block)
            {
                _decoder.Open(partition, entry.SequenceNr, block);
                if (_decoder.JournaledAtMs >= beforeMs)
                {
                    break;
                }

                run.Add(new PersistedBlock(partition, entry.SequenceNr, block));
                events += _decoder.EventCount;
                bytes += block.Bytes.Length;
                AddCounters(counters);
            }
            else if (entry.Entry is Owned owned && owned.AtMs >= beforeMs)
            {
                break;
            }

            through = entry.SequenceNr;
        }

        if (through == baseline)
        {
            return null;
        }

        await LoadAsync(partition, counters, cancellationToken);
        foreach (PersistedBlock block in run)
        {
            Fold(block, counters);
        }

        IEnumerable<Counter> kept = Fault.Is(FaultPoint.TrimWithoutBaseline) ? [] : counters.Values;
        return new BaselinePlan(through, [.. kept.SelectMany(counter => _stored.WritesOf(partition, epoch, counter))]);
    }

    private void AddCounters(Dictionary<CounterId, Counter> counters)
    {
        while (_decoder.Next())
        {
            CounterId id = IdOf(_decoder.Event);
            counters.TryAdd(id, new Counter(id, plan.PageByStream[_decoder.Event.Stream.Id]));
        }
    }

    private async Task LoadAsync(int partition, Dictionary<CounterId, Counter> counters, CancellationToken cancellationToken)
    {
        foreach ((CounterId id, StoredCounter stored) in await _stored.LoadAsync(partition, counters.Keys, id => counters[id].Page, cancellationToken))
        {
            Counter counter = stored.Decode(id, counters[id].Page, long.MaxValue);
            counter.BeginBreakdowns();
            counters[id] = counter;
        }
    }

    private void Fold(PersistedBlock block, Dictionary<CounterId, Counter> counters)
    {
        var folded = new HashSet<Counter>();
        _decoder.Open(block.Partition, block.SequenceNr, block.Block);
        while (_decoder.Next())
        {
            Counter counter = counters[IdOf(_decoder.Event)];
            plan.Apply(_decoder.Event, counter, block.SequenceNr);
            folded.Add(counter);
        }

        foreach (Counter counter in folded)
        {
            counter.StandAt(block.SequenceNr);
        }
    }

    private CounterId IdOf(BusinessEvent @event) => new(plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day);
}

/// <summary>What a trim does: the owner saves the states together with the SequenceNr as its baseline, then deletes the entries.</summary>
/// <param name="SequenceNr">The SequenceNr that the journal may be deleted through, once the states are saved.</param>
/// <param name="States">The states that take the place of the events up to there; only those that changed.</param>
internal sealed record BaselinePlan(long SequenceNr, IReadOnlyList<SnapshotWrite> States);
