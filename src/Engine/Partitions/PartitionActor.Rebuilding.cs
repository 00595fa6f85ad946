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
        var computed = new Computed(counters, await StoredPagesAsync(counters.Values, cancellationToken), [], []);
        foreach (Page page in _context.Plan.Catalog.Pages.Where(page => filter.Page is null || string.Equals(filter.Page, page.Name, StringComparison.Ordinal)))
        {
            foreach (StatisticsTable table in page.Tables)
            {
                await CompareAsync(table, filter, computed, cancellationToken);
            }
        }

        return computed;
    }

    private async Task CompareAsync(StatisticsTable table, StatisticsFilter filter, Computed computed, CancellationToken cancellationToken)
    {
        var found = new HashSet<(CounterId, BreakdownValue?)>();
        await foreach (StatisticsRow row in _context.Statistics.ReadAsync(table, filter, cancellationToken))
        {
            CounterId id = IdOf(table.Page, row);
            if (id.Topic.ShardOf(_context.Settings.Partitions) == _partition)
            {
                found.Add((id, row.Part));
                Compare(table, row, computed.RowOf(id, row.Part), computed);
            }
        }

        computed.Wrong.AddRange(computed.Counters.Values.Where(counter => counter.Page.Id == table.Page.Id)
            .SelectMany(counter => RowsOf(counter, table.Breakdown))
            .Where(row => !found.Contains((row.Id, row.Part))).Select(CorrectionOf));
    }

    private void Compare(StatisticsTable table, StatisticsRow row, ComputedRow? computedRow, Computed computed)
    {
        if (row.SequenceNr > (computedRow?.SequenceNr ?? -1))
        {
            // No write may move a row back, so one that claims more than the journal has goes first. One without a SequenceNr is somebody else's: the
            // next start refuses or adopts it.
            computed.Spurious.Add((table, row with { Shard = _partition, Epoch = _epoch }));
        }

        if (computedRow is { } right && (row.SequenceNr != right.SequenceNr || !row.Values.AsSpan().SequenceEqual(right.Values())))
        {
            computed.Wrong.Add(CorrectionOf(right));
        }
    }

    private static CounterId IdOf(Page page, StatisticsRow row) => new(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);

    private FlushRow CorrectionOf(ComputedRow row) => new(row.Page, RowOf(row.Id, row.SequenceNr, row.Values(), row.Part), Correct: true);

    /// <summary>The rows that a Counter has in the table of its page, or of a breakdown.</summary>
    private static IEnumerable<ComputedRow> RowsOf(Counter counter, Breakdown? breakdown) => breakdown is not { } by
        ? [new ComputedRow(counter.Page, counter.Id, null, counter.SequenceNr, counter.Values)]
        : counter.Find(by)?.Parts.Select(part =>
            new ComputedRow(counter.Page, counter.Id, part.ValueOf(by), part.SequenceNr, () => part.Values(counter.Page))) ?? [];

    private void OnComputed(Computed computed)
    {
        foreach (Counter counter in computed.Counters.Values)
        {
            Replace(counter, computed.Stored);
        }

        int removed = computed.Spurious.Count(spurious => computed.RowOf(IdOf(spurious.Table.Page, spurious.Row), spurious.Row.Part) is null);
        _rebuilt = new Rebuilt(_partition, computed.Counters.Count, computed.Wrong.Count, removed);
        foreach (FlushRow[] slice in computed.Wrong.Chunk(_context.Settings.MaxFlushRows))
        {
            _corrections.Enqueue(slice);
        }

        _calls.Start(
            "removing rows that no event accounts for",
            async token =>
            {
                foreach (IGrouping<StatisticsTable, (StatisticsTable Table, StatisticsRow Row)> group in computed.Spurious.GroupBy(spurious => spurious.Table))
                {
                    await _context.Statistics.RemoveAsync(group.Key, [.. group.Select(spurious => spurious.Row)], token);
                }

                return true;
            },
            _ => WriteCorrections());
    }

    /// <summary>On which pages the parts of Counters are stored that are computed anew: one that is not in memory does not know.</summary>
    private Task<Dictionary<CounterId, IReadOnlyList<PartPages>>> StoredPagesAsync(IEnumerable<Counter> counters, CancellationToken cancellationToken) =>
        new StoredCounters(_context.Snapshots, SnapshotKind.Counter).PagesAsync(_partition, counters, cancellationToken);

    /// <summary>Gives a Counter, in memory or not, the state that was computed.</summary>
    private void Replace(Counter counter, Dictionary<CounterId, IReadOnlyList<PartPages>> stored)
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
        entry.SavingSequenceNr = CounterEntry.NotWritten;
        entry.SlicedSequenceNr = entry.AppliedSequenceNr = counter.SequenceNr;
        if (entry.Actor is null)
        {
            StartCounter(entry, stored: null);
        }

        Account(entry, counter.ResidentBytes);
        Tell(entry, new ReplaceState(counter, stored.GetValueOrDefault(counter.Id) ?? []));
        MarkChanged(entry);
    }

    private void WriteCorrections()
    {
        if (_corrections.TryDequeue(out FlushRow[]? slice))
        {
            SendRows(slice);
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

    /// <summary>A row as the journal gives it.</summary>
    private readonly record struct ComputedRow(Page Page, CounterId Id, BreakdownValue? Part, long SequenceNr, Func<long[]> Values);

    private sealed record Computed(Dictionary<CounterId, Counter> Counters, Dictionary<CounterId, IReadOnlyList<PartPages>> Stored,
        List<FlushRow> Wrong, List<(StatisticsTable Table, StatisticsRow Row)> Spurious)
    {
        /// <summary>The row of a Counter, or of a part of it; null where no event accounts for one.</summary>
        public ComputedRow? RowOf(in CounterId id, BreakdownValue? value)
        {
            if (!Counters.TryGetValue(id, out Counter? counter))
            {
                return null;
            }

            if (value is not { } of)
            {
                return new ComputedRow(counter.Page, id, null, counter.SequenceNr, counter.Values);
            }

            return counter.Find(of.Breakdown)?.Find(of) is not { } part ? null
                : new ComputedRow(counter.Page, id, of, part.SequenceNr, () => part.Values(counter.Page));
        }
    }
}
