using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Auditing;

/// <summary>Compares the statistics tables with the journal, and reads snapshots and parked deliveries for damage, beside owners. Changes nothing.</summary>
/// <remarks>
/// A Partition's checkpoint and the journal's end are read first, then its rows, then its journal. A row at SequenceNr s must be the fold of its
/// Counter's events up to block s, which was persisted before the row was written. Events up to the checkpoint are flushed, so
/// each fold goes on to the checkpoint where the row stands before it: a row that lags behind it shows as a difference, while one
/// that is merely not flushed yet does not; unless its owner has gone on for longer than a flush takes (<see cref="FlushLag"/>).
/// </remarks>
public sealed class Verification(CountingPlan plan, IStore store, JournalReader journal, VerificationOptions options)
{
    /// <summary>How often a Partition is compared again because its journal was trimmed meanwhile.</summary>
    private const int TrimTries = 5;

    /// <summary>For how many rows a flush is waited at the most: each is asked for.</summary>
    private const int MaxAwaited = 1000;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly CappedList<Difference> _differences = new(options.MaxDifferences);
    private readonly CappedList<Damage> _damages = new(options.MaxDifferences);
    private readonly JournalFold _fold = new(plan, journal, store.Partitions, store.Snapshots) { Lag = new FlushLag() };
    private readonly Dictionary<RowKey, (long SequenceNr, long AtMs)> _awaited = [];
    private long _events;
    private long _rows;
    private long _partRows;
    private long _notFlushedYet;

    /// <summary>Compares all Partitions, once, and reports how many are done after each.</summary>
    public async Task<VerificationReport> RunAsync(Action<int>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        foreach (int[] partitions in Enumerable.Range(0, options.Partitions).Chunk(options.PartitionsPerRead))
        {
            var starts = new List<Start>();
            foreach (int partition in partitions)
            {
                starts.Add(await StartAsync(partition, cancellationToken));
            }

            PartitionRows[] rows = await ReadRowsAsync(partitions, cancellationToken);
            for (int i = 0; i < partitions.Length; i++)
            {
                await VerifyAsync(partitions[i], starts[i], rows[i], cancellationToken);
                rows[i] = new PartitionRows();
                progress?.Invoke(++done);
            }
        }

        await WaitForFlushesAsync(cancellationToken);
        if (options.Filter == StatisticsFilter.All)
        {
            await new ParkedCheck(store.Parking, _damages.Add).RunAsync(cancellationToken);
        }

        return new VerificationReport(
            options.Partitions, _events, _rows, _notFlushedYet, _differences.Count, _differences.Listed, _damages.Count, _damages.Listed)
        {
            PartRows = _partRows,
        };
    }

    private async Task VerifyAsync(int partition, Start start, PartitionRows rows, CancellationToken cancellationToken)
    {
        for (int tries = 1; tries <= TrimTries; tries++)
        {
            PartitionPositions positions = start.Positions;
            Dictionary<CounterId, Counter>? counters = null;
            string? damage = null;
            _fold.Lag!.Horizon = start.Highest;
            PartitionRows read = rows;
            _fold.PartLimitOf = (id, value) => Math.Max(read.Parts.GetValueOrDefault((id, value))?.SequenceNr ?? 0, positions.Checkpoint);
            try
            {
                counters = await _fold.RunAsync(
                    partition, options.Filter, id => Math.Max(read.Whole.GetValueOrDefault(id)?.SequenceNr ?? 0, positions.Checkpoint), cancellationToken);
            }
            catch (Exception e) when (e is StoredFormatException or OverflowException)
            {
                damage = e is OverflowException ? $"A sum of Partition {partition} is larger than its column holds." : e.Message;
            }
            catch (TimeoutException e)
            {
                _damages.Add(new Damage(partition, e.Message));
                return;
            }

            if (_fold.Baseline == positions.Baseline)
            {
                Conclude(rows.Whole, counters);
                ConcludeParts(rows.Parts, counters);
                await CheckStoredAsync(partition, positions, counters, damage, cancellationToken);
                return;
            }

            // A baseline that moved may hold events beyond the rows that were read before it did.
            start = await StartAsync(partition, cancellationToken);
            rows = (await ReadRowsAsync([partition], cancellationToken))[0];
        }

        _damages.Add(new Damage(
            partition,
            $"The journal of Partition {partition} was trimmed each of the {TrimTries} times it was compared, last through SequenceNr {_fold.Baseline}. "
            + "Verify again, or set a longer dataload.journal.trim-interval."));
    }

    private async Task<Start> StartAsync(int partition, CancellationToken cancellationToken)
    {
        PartitionPositions positions = await store.Partitions.LoadAsync(partition, cancellationToken);
        return new Start(positions, await journal.FindHighestAsync(partition, Math.Max(positions.Epoch, positions.Checkpoint), cancellationToken));
    }

    /// <summary>Tells of all entries and snapshots that are damaged, not only of the one that a fold or a node meets first.</summary>
    private async Task CheckStoredAsync(
        int partition, PartitionPositions positions, Dictionary<CounterId, Counter>? counters, string? damage, CancellationToken cancellationToken)
    {
        if (counters is null && !await new JournalCheck(plan.Catalog, journal, _damages.Add).RunAsync(partition, positions, cancellationToken))
        {
            _damages.Add(new Damage(partition, damage!));
        }

        var snapshots = new SnapshotCheck(plan.Catalog, store.Snapshots, _damages.Add);
        await snapshots.CheckCountersAsync(partition, options.Filter, counters, _fold.LastSequenceNr, cancellationToken);
        await snapshots.CheckPartsAsync(partition, options.Filter, cancellationToken);
        if (options.Filter == StatisticsFilter.All)
        {
            await snapshots.CheckIdentitiesAsync(partition, cancellationToken);
            await new SessionChecks(store.Snapshots, _damages.Add).RunAsync(partition, cancellationToken);
        }
    }

    private void Conclude(Dictionary<CounterId, StatisticsRow> rows, Dictionary<CounterId, Counter>? counters)
    {
        _events += _fold.Events;
        foreach ((CounterId id, StatisticsRow row) in rows)
        {
            if (row.SequenceNr is null)
            {
                _differences.Add(Of(DifferenceKind.Foreign, id));
            }
        }

        if (counters is null)
        {
            return;
        }

        HashSet<RowKey> overdue = _fold.Lag!.Overdue(options.MaxFlushLag, options.OwnedUntilMs);
        AwaitFlushes(counters, overdue);
        foreach (RowKey row in overdue.Where(row => counters.ContainsKey(row.Id)))
        {
            _differences.Add(Of(DifferenceKind.Overdue, row.Id, row.Part));
        }

        foreach ((CounterId id, StatisticsRow row) in rows)
        {
            if (row.SequenceNr is not null)
            {
                _rows++;
                Compare(id, row, counters.GetValueOrDefault(id) is { } counter ? (counter.SequenceNr, counter.Values()) : null);
            }
        }

        foreach (Counter counter in counters.Values)
        {
            if (rows.ContainsKey(counter.Id))
            {
                continue;
            }

            if (counter.SequenceNr != 0 || counter.Values().AsSpan().ContainsAnyExcept(0))
            {
                _differences.Add(Of(DifferenceKind.Missing, counter.Id));
            }
            else if (new RowKey(counter.Id, Part: null) is var key && !overdue.Contains(key) && !_awaited.ContainsKey(key))
            {
                // Its fold stopped at the checkpoint, before its first event.
                _notFlushedYet++;
            }
        }
    }

    private void ConcludeParts(Dictionary<(CounterId Id, BreakdownValue Value), StatisticsRow> rows, Dictionary<CounterId, Counter>? counters)
    {
        foreach (((CounterId id, BreakdownValue value), StatisticsRow row) in rows)
        {
            if (row.SequenceNr is null)
            {
                _differences.Add(Of(DifferenceKind.Foreign, id, value));
            }
            else if (counters is not null)
            {
                _partRows++;
                CounterPart? part = counters.GetValueOrDefault(id)?.Find(value.Breakdown)?.Find(value);
                Compare(id, row, part is null ? null : (part.SequenceNr, part.Values(counters[id].Page)));
            }
        }

        foreach (Counter counter in counters?.Values ?? Enumerable.Empty<Counter>())
        {
            foreach (CounterBreakdown breakdown in counter.Breakdowns)
            {
                foreach (BreakdownValue value in breakdown.Parts.Where(part => part.SequenceNr != 0).Select(part => part.ValueOf(breakdown.Breakdown)))
                {
                    if (!rows.ContainsKey((counter.Id, value)))
                    {
                        _differences.Add(Of(DifferenceKind.Missing, counter.Id, value));
                    }
                }
            }
        }
    }

    private void AwaitFlushes(Dictionary<CounterId, Counter> counters, HashSet<RowKey> overdue)
    {
        if (!options.JudgesUnflushed)
        {
            return;
        }

        foreach ((RowKey row, long sequenceNr, long atMs) in _fold.Lag!.LeftOutRows)
        {
            if (!counters.ContainsKey(row.Id) || overdue.Contains(row))
            {
                continue;
            }

            if (_awaited.Count < MaxAwaited)
            {
                _awaited.Add(row, (sequenceNr, atMs));
            }
            else if (options.OwnedUntilMs is null)
            {
                _differences.Add(Of(DifferenceKind.NotFlushed, row.Id, row.Part));
            }
        }
    }

    /// <summary>Tells what is about to be flushed from what never is: the one is a moment's state, the other a difference.</summary>
    private async Task WaitForFlushesAsync(CancellationToken cancellationToken)
    {
        for (TimeSpan wait = ShortestWait; _awaited.Count > 0; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            bool isOwned = (await store.Nodes.ListAsync(cancellationToken)).Count > 0;
            long nowMs = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach ((RowKey row, (long sequenceNr, long atMs)) in _awaited.ToList())
            {
                if (await IsFlushedAsync(row, sequenceNr, cancellationToken))
                {
                    _awaited.Remove(row);
                }
                else if (!isOwned || nowMs - atMs > options.MaxFlushLag.TotalMilliseconds)
                {
                    _awaited.Remove(row);
                    _differences.Add(Of(isOwned ? DifferenceKind.Overdue : DifferenceKind.NotFlushed, row.Id, row.Part));
                }
            }

            if (_awaited.Count > 0)
            {
                await Task.Delay(wait, options.Time, cancellationToken);
            }
        }
    }

    private async Task<bool> IsFlushedAsync(RowKey key, long sequenceNr, CancellationToken cancellationToken)
    {
        Page page = plan.Catalog.PageById(key.Id.PageId)!;
        var filter = new StatisticsFilter(page.Name, key.Id.Topic.Type, key.Id.Topic.Id, key.Id.Day, key.Id.Day, key.Part);
        var table = new StatisticsTable(page, key.Part?.Breakdown);
        StatisticsRow? row = await store.Statistics.ReadAsync(table, filter, cancellationToken).FirstOrDefaultAsync(cancellationToken);
        return row?.SequenceNr >= sequenceNr;
    }

    private void Compare(in CounterId id, StatisticsRow row, (long SequenceNr, long[] Values)? journal)
    {
        if (journal is not (long sequenceNr, long[] values))
        {
            _differences.Add(Of(DifferenceKind.Unaccounted, id, row.Part));
            return;
        }

        if (row.SequenceNr != sequenceNr)
        {
            _differences.Add(Of(DifferenceKind.SequenceNr, id, row.Part) with { Column = "seq_nr", RowValue = row.SequenceNr, JournalValue = sequenceNr });
        }

        for (int i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] != values[i])
            {
                Metric metric = plan.Catalog.PageById(id.PageId)!.Metrics[i];
                bool isAmount = metric.Kind == MetricKind.Amount;
                Difference found = Of(DifferenceKind.Value, id, row.Part);
                _differences.Add(found with { Column = metric.Column, IsAmount = isAmount, RowValue = row.Values[i], JournalValue = values[i] });
            }
        }
    }

    private Difference Of(DifferenceKind kind, in CounterId id, BreakdownValue? part = null) => new(
        kind, new StatisticsTable(plan.Catalog.PageById(id.PageId)!, part?.Breakdown).Name, id.Topic.Type, id.Topic.Id, id.Day)
    { Part = part };

    private async Task<PartitionRows[]> ReadRowsAsync(int[] partitions, CancellationToken cancellationToken)
    {
        PartitionRows[] rows = [.. partitions.Select(_ => new PartitionRows())];
        string? only = options.Filter.Page;
        foreach (StatisticsTable table in plan.Catalog.Pages
            .Where(page => only is null || string.Equals(only, page.Name, StringComparison.Ordinal)).SelectMany(page => page.Tables))
        {
            await foreach (StatisticsRow row in store.Statistics.ReadAsync(table, options.Filter, cancellationToken))
            {
                var topic = new TopicKey(row.TopicType, row.TopicId);
                int place = Array.IndexOf(partitions, topic.ShardOf(options.Partitions));
                if (place < 0)
                {
                    continue;
                }

                var id = new CounterId(table.Page.Id, topic, row.Day);
                if (row.Part is { } part)
                {
                    rows[place].Parts[(id, part)] = row;
                }
                else
                {
                    rows[place].Whole[id] = row;
                }
            }
        }

        return rows;
    }

    /// <summary>The rows of a Partition's Counters, and of their parts.</summary>
    private sealed class PartitionRows
    {
        public Dictionary<CounterId, StatisticsRow> Whole { get; } = [];
        public Dictionary<(CounterId Id, BreakdownValue Value), StatisticsRow> Parts { get; } = [];
    }

    /// <summary>Where a Partition stood before its rows were read.</summary>
    private readonly record struct Start(PartitionPositions Positions, long Highest);
}
