using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>Rebuild, at a quiet point: Counters are computed anew from the journal, take the place of those in memory, and the rows that differ are
/// corrected. Meanwhile nothing is taken in.</content>
internal sealed partial class PartitionActor
{
    private readonly Queue<FlushRow[]> _corrections = new();
    private bool _isRebuilding;
    private IActorRef _rebuildAsker = ActorRefs.Nobody;
    private Rebuilt? _rebuilt;

    private void StartRebuild(StatisticsFilter filter, IActorRef asker)
    {
        _isRebuilding = true;
        _rebuildAsker = asker;
        _calls.Start("rebuilding", token => ComputeAsync(filter, token), OnComputed, error =>
        {
            if (error is not (StoredFormatException or OverflowException))
            {
                return false;
            }

            EndRebuild(new Rebuilt(_partition, 0, 0, 0, error.Message));
            return true;
        });
    }

    /// <summary>Folds the journal, and compares it with the rows.</summary>
    private async Task<Computed> ComputeAsync(StatisticsFilter filter, CancellationToken cancellationToken)
    {
        var fold = new JournalFold(_context.Plan, _context.Journal, _context.Positions, _context.Snapshots);
        Dictionary<CounterId, Counter> counters = await fold.RunAsync(_partition, filter, limitOf: null, cancellationToken);
        var computed = new Computed(counters, [], []);
        var found = new HashSet<CounterId>();
        foreach (Page page in _context.Plan.Catalog.Pages.Where(page => filter.Page is null || string.Equals(filter.Page, page.Name, StringComparison.Ordinal)))
        {
            await foreach (StatisticsRow row in _context.Statistics.ReadAsync(page, filter, cancellationToken))
            {
                CounterId id = IdOf(page, row);
                if (id.Topic.ShardOf(_context.Settings.Partitions) == _partition)
                {
                    found.Add(id);
                    Compare(page, id, row, computed);
                }
            }
        }

        computed.Wrong.AddRange(counters.Values.Where(counter => !found.Contains(counter.Id)).Select(CorrectionOf));
        return computed;
    }

    private void Compare(Page page, in CounterId id, StatisticsRow row, Computed computed)
    {
        Counter? counter = computed.Counters.GetValueOrDefault(id);
        if (row.SequenceNr > (counter?.SequenceNr ?? -1))
        {
            // No write may move a row back, so one that claims more than the journal has goes first. One without a SequenceNr is somebody else's: the
            // next start refuses or adopts it.
            computed.Spurious.Add((page, row with { Shard = _partition, Epoch = _epoch }));
        }

        if (counter is not null && (row.SequenceNr != counter.SequenceNr || !row.Values.AsSpan().SequenceEqual(counter.Values())))
        {
            computed.Wrong.Add(CorrectionOf(counter));
        }
    }

    private static CounterId IdOf(Page page, StatisticsRow row) => new(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);

    private FlushRow CorrectionOf(Counter counter) => new(counter.Page, RowOf(counter.Id, counter.SequenceNr, counter.Values()), Correct: true);

    private void OnComputed(Computed computed)
    {
        foreach (Counter counter in computed.Counters.Values)
        {
            Replace(counter);
        }

        int removed = computed.Spurious.Count(spurious => !computed.Counters.ContainsKey(IdOf(spurious.Page, spurious.Row)));
        _rebuilt = new Rebuilt(_partition, computed.Counters.Count, computed.Wrong.Count, removed);
        foreach (FlushRow[] slice in computed.Wrong.Chunk(_context.Settings.MaxFlushRows))
        {
            _corrections.Enqueue(slice);
        }

        _calls.Start(
            "removing rows that no event accounts for",
            async token =>
            {
                foreach (IGrouping<Page, (Page Page, StatisticsRow Row)> group in computed.Spurious.GroupBy(spurious => spurious.Page))
                {
                    await _context.Statistics.RemoveAsync(group.Key, [.. group.Select(spurious => spurious.Row)], token);
                }

                return true;
            },
            _ => WriteCorrections());
    }

    /// <summary>Gives a Counter, in memory or not, the state that was computed.</summary>
    private void Replace(Counter counter)
    {
        if (!_counters.TryGetValue(counter.Id, out CounterEntry? entry))
        {
            entry = new CounterEntry(counter.Id, counter.Page);
            _counters.Add(counter.Id, entry);
        }

        if (entry.Damage is not null)
        {
            entry.Damage = null;
            _damaged--;
        }

        entry.LastUsed = _clock;
        entry.SlicedSequenceNr = entry.AppliedSequenceNr = counter.SequenceNr;
        if (entry.Actor is null)
        {
            StartCounter(entry, stored: null);
        }

        Account(entry, counter.ResidentBytes);
        Tell(entry, new ReplaceState(counter));
        MarkChanged(entry);
    }

    private void WriteCorrections()
    {
        if (_corrections.TryDequeue(out FlushRow[]? slice))
        {
            _context.StatisticsWriter.Tell(new WriteGroup<FlushRow>(_partition, slice));
            return;
        }

        EndRebuild(_rebuilt!);
    }

    private void EndRebuild(Rebuilt rebuilt)
    {
        _isRebuilding = false;
        _rebuilt = null;
        _requests.Dequeue();
        _rebuildAsker.Tell(rebuilt);
        Upkeep();
    }

    private sealed record Computed(Dictionary<CounterId, Counter> Counters, List<FlushRow> Wrong, List<(Page Page, StatisticsRow Row)> Spurious);
}
