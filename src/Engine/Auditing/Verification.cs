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

    /// <summary>For how many Counters a flush is waited at the most: each is asked for.</summary>
    private const int MaxAwaited = 1000;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly CappedList<Difference> _differences = new(options.MaxDifferences);
    private readonly CappedList<Damage> _damages = new(options.MaxDifferences);
    private readonly JournalFold _fold = new(plan, journal, store.Partitions, store.Snapshots) { Lag = new FlushLag() };
    private readonly Dictionary<CounterId, (long SequenceNr, long AtMs)> _awaited = [];
    private long _events;
    private long _rows;
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

            Dictionary<CounterId, StatisticsRow>[] rows = await ReadRowsAsync(partitions, cancellationToken);
            for (int i = 0; i < partitions.Length; i++)
            {
                await VerifyAsync(partitions[i], starts[i], rows[i], cancellationToken);
                rows[i] = [];
                progress?.Invoke(++done);
            }
        }

        await WaitForFlushesAsync(cancellationToken);
        if (options.Filter == StatisticsFilter.All)
        {
            await new ParkedCheck(store.Parking, _damages.Add).RunAsync(cancellationToken);
        }

        return new VerificationReport(
            options.Partitions, _events, _rows, _notFlushedYet, _differences.Count, _differences.Listed, _damages.Count, _damages.Listed);
    }

    private async Task VerifyAsync(int partition, Start start, Dictionary<CounterId, StatisticsRow> rows, CancellationToken cancellationToken)
    {
        for (int tries = 1; tries <= TrimTries; tries++)
        {
            PartitionPositions positions = start.Positions;
            Dictionary<CounterId, Counter>? counters = null;
            string? damage = null;
            _fold.Lag!.Horizon = start.Highest;
            try
            {
                counters = await _fold.RunAsync(
                    partition, options.Filter, id => Math.Max(rows.GetValueOrDefault(id)?.SequenceNr ?? 0, positions.Checkpoint), cancellationToken);
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
                Conclude(rows, counters);
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
        if (options.Filter == StatisticsFilter.All)
        {
            await snapshots.CheckIdentitiesAsync(partition, cancellationToken);
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

        HashSet<CounterId> overdue = _fold.Lag!.Overdue(options.MaxFlushLag, options.OwnedUntilMs);
        AwaitFlushes(counters, overdue);
        foreach ((CounterId id, StatisticsRow row) in rows)
        {
            if (row.SequenceNr is not null)
            {
                _rows++;
                Compare(id, row, counters.GetValueOrDefault(id));
            }
        }

        foreach (Counter counter in counters.Values)
        {
            bool isOverdue = overdue.Contains(counter.Id);
            if (isOverdue)
            {
                _differences.Add(Of(DifferenceKind.Overdue, counter.Id));
            }

            if (rows.ContainsKey(counter.Id))
            {
                continue;
            }

            if (counter.SequenceNr != 0 || counter.Values().AsSpan().ContainsAnyExcept(0))
            {
                _differences.Add(Of(DifferenceKind.Missing, counter.Id));
            }
            else if (!isOverdue && !_awaited.ContainsKey(counter.Id))
            {
                // Its fold stopped at the checkpoint, before its first event.
                _notFlushedYet++;
            }
        }
    }

    private void AwaitFlushes(Dictionary<CounterId, Counter> counters, HashSet<CounterId> overdue)
    {
        if (!options.WaitsForFlushes)
        {
            return;
        }

        foreach ((CounterId id, long sequenceNr, long atMs) in _fold.Lag!.LeftOutCounters)
        {
            if (_awaited.Count < MaxAwaited && counters.ContainsKey(id) && !overdue.Contains(id))
            {
                _awaited.Add(id, (sequenceNr, atMs));
            }
        }
    }

    /// <summary>Tells what is about to be flushed from what never is: the one is a moment's state, the other a difference.</summary>
    private async Task WaitForFlushesAsync(CancellationToken cancellationToken)
    {
        for (TimeSpan wait = ShortestWait; _awaited.Count > 0; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            if ((await store.Nodes.ListAsync(cancellationToken)).Count == 0)
            {
                _notFlushedYet += _awaited.Count;
                return;
            }

            long nowMs = options.Time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach ((CounterId id, (long sequenceNr, long atMs)) in _awaited.ToList())
            {
                if (await IsFlushedAsync(id, sequenceNr, cancellationToken))
                {
                    _awaited.Remove(id);
                }
                else if (nowMs - atMs > options.MaxFlushLag.TotalMilliseconds)
                {
                    _awaited.Remove(id);
                    _differences.Add(Of(DifferenceKind.Overdue, id));
                }
            }

            if (_awaited.Count > 0)
            {
                await Task.Delay(wait, options.Time, cancellationToken);
            }
        }
    }

    private async Task<bool> IsFlushedAsync(CounterId id, long sequenceNr, CancellationToken cancellationToken)
    {
        Page page = plan.Catalog.PageById(id.PageId)!;
        var filter = new StatisticsFilter(page.Name, id.Topic.Type, id.Topic.Id, id.Day, id.Day);
        StatisticsRow? row = await store.Statistics.ReadAsync(page, filter, cancellationToken).FirstOrDefaultAsync(cancellationToken);
        return row?.SequenceNr >= sequenceNr;
    }

    private void Compare(in CounterId id, StatisticsRow row, Counter? counter)
    {
        if (counter is null)
        {
            _differences.Add(Of(DifferenceKind.Unaccounted, id));
            return;
        }

        if (row.SequenceNr != counter.SequenceNr)
        {
            _differences.Add(Of(DifferenceKind.SequenceNr, id) with { Column = "seq_nr", RowValue = row.SequenceNr, JournalValue = counter.SequenceNr });
        }

        for (int i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] != counter.Value(i))
            {
                Metric metric = counter.Page.Metrics[i];
                bool isAmount = metric.Kind == MetricKind.Amount;
                Difference found = Of(DifferenceKind.Value, id);
                _differences.Add(found with { Column = metric.Column, IsAmount = isAmount, RowValue = row.Values[i], JournalValue = counter.Value(i) });
            }
        }
    }

    private Difference Of(DifferenceKind kind, in CounterId id) => new(kind, plan.Catalog.PageById(id.PageId)!.Table, id.Topic.Type, id.Topic.Id, id.Day);

    private async Task<Dictionary<CounterId, StatisticsRow>[]> ReadRowsAsync(int[] partitions, CancellationToken cancellationToken)
    {
        Dictionary<CounterId, StatisticsRow>[] rows = [.. partitions.Select(_ => new Dictionary<CounterId, StatisticsRow>())];
        string? only = options.Filter.Page;
        foreach (Page page in plan.Catalog.Pages.Where(page => only is null || string.Equals(only, page.Name, StringComparison.Ordinal)))
        {
            await foreach (StatisticsRow row in store.Statistics.ReadAsync(page, options.Filter, cancellationToken))
            {
                var topic = new TopicKey(row.TopicType, row.TopicId);
                int place = Array.IndexOf(partitions, topic.ShardOf(options.Partitions));
                if (place >= 0)
                {
                    rows[place][new CounterId(page.Id, topic, row.Day)] = row;
                }
            }
        }

        return rows;
    }

    /// <summary>Where a Partition stood before its rows were read.</summary>
    private readonly record struct Start(PartitionPositions Positions, long Highest);
}
