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

    private readonly DifferenceList _differences = new(options.MaxDifferences);
    private readonly List<Damage> _damages = [];
    private readonly JournalFold _fold = new(plan, journal, store.Partitions, store.Snapshots) { Lag = new FlushLag() };
    private long _damageCount;
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

            PartitionRows[] rows = await ReadRowsAsync(partitions, cancellationToken);
            for (int i = 0; i < partitions.Length; i++)
            {
                await VerifyAsync(partitions[i], starts[i], rows[i], cancellationToken);
                rows[i] = new PartitionRows();
                progress?.Invoke(++done);
            }
        }

        if (options.Filter == StatisticsFilter.All)
        {
            await new ParkedCheck(store.Parking, Report).RunAsync(cancellationToken);
        }

        return new VerificationReport(
            options.Partitions, _events, _rows, _notFlushedYet, _differences.Count, _differences.Listed, _damageCount, _damages);
    }

    private async Task VerifyAsync(int partition, Start start, PartitionRows rows, CancellationToken cancellationToken)
    {
        for (int tries = 1; tries <= TrimTries; tries++)
        {
            PartitionPositions positions = start.Positions;
            Dictionary<CounterId, Counter>? counters = null;
            string? damage = null;
            _fold.Lag!.Horizon = start.Highest;
            try
            {
                counters = await _fold.RunAsync(partition, options.Filter, id => Math.Max(rows.SequenceNrOf(id), positions.Checkpoint), cancellationToken);
            }
            catch (Exception e) when (e is StoredFormatException or OverflowException)
            {
                damage = e is OverflowException ? $"A sum of Partition {partition} is larger than its column holds." : e.Message;
            }
            catch (TimeoutException e)
            {
                Report(new Damage(partition, e.Message));
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

        Report(new Damage(
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
        if (counters is null && !await new JournalCheck(plan.Catalog, journal, Report).RunAsync(partition, positions, cancellationToken))
        {
            Report(new Damage(partition, damage!));
        }

        var snapshots = new SnapshotCheck(plan.Catalog, store.Snapshots, Report);
        await snapshots.CheckCountersAsync(partition, options.Filter, counters, _fold.LastSequenceNr, cancellationToken);
        if (options.Filter == StatisticsFilter.All)
        {
            await snapshots.CheckIdentitiesAsync(partition, cancellationToken);
        }
    }

    private void Report(Damage damage)
    {
        _damageCount++;
        if (_damages.Count < options.MaxDifferences)
        {
            _damages.Add(damage);
        }
    }

    private void Conclude(PartitionRows rows, Dictionary<CounterId, Counter>? counters)
    {
        _events += _fold.Events;
        foreach ((Page page, StatisticsRow row) in rows.Foreign)
        {
            _differences.AddRow(DifferenceKind.Foreign, page, row.TopicType, row.TopicId, row.Day);
        }

        if (counters is null)
        {
            return;
        }

        HashSet<CounterId> overdue = _fold.Lag!.Overdue(options.MaxFlushLag, options.OwnedUntilMs);
        foreach ((CounterId id, StatisticsRow row) in rows.ById)
        {
            _rows++;
            Compare(id, row, counters.GetValueOrDefault(id));
        }

        foreach (Counter counter in counters.Values)
        {
            bool isOverdue = overdue.Contains(counter.Id);
            if (isOverdue)
            {
                AddRow(DifferenceKind.Overdue, counter);
            }

            if (rows.Has(counter.Id))
            {
                continue;
            }

            if (counter.SequenceNr != 0 || counter.Values().AsSpan().ContainsAnyExcept(0))
            {
                AddRow(DifferenceKind.Missing, counter);
            }
            else if (!isOverdue)
            {
                // Its fold stopped at the checkpoint, before its first event.
                _notFlushedYet++;
            }
        }
    }

    private void AddRow(DifferenceKind kind, Counter counter) =>
        _differences.AddRow(kind, counter.Page, counter.Id.Topic.Type, counter.Id.Topic.Id, counter.Id.Day);

    private void Compare(in CounterId id, StatisticsRow row, Counter? counter)
    {
        Page page = plan.Catalog.PageById(id.PageId)!;
        if (counter is null)
        {
            _differences.AddRow(DifferenceKind.Unaccounted, page, row.TopicType, row.TopicId, row.Day);
            return;
        }

        if (row.SequenceNr != counter.SequenceNr)
        {
            _differences.AddSequenceNr(page, row, counter.SequenceNr);
        }

        for (int i = 0; i < row.Values.Length; i++)
        {
            if (row.Values[i] != counter.Value(i))
            {
                _differences.AddValue(page, row, i, counter.Value(i));
            }
        }
    }

    private async Task<PartitionRows[]> ReadRowsAsync(int[] partitions, CancellationToken cancellationToken)
    {
        PartitionRows[] rows = [.. partitions.Select(_ => new PartitionRows())];
        string? only = options.Filter.Page;
        foreach (Page page in plan.Catalog.Pages.Where(page => only is null || string.Equals(only, page.Name, StringComparison.Ordinal)))
        {
            await foreach (StatisticsRow row in store.Statistics.ReadAsync(page, options.Filter, cancellationToken))
            {
                var topic = new TopicKey(row.TopicType, row.TopicId);
                int place = Array.IndexOf(partitions, topic.ShardOf(options.Partitions));
                if (place >= 0)
                {
                    rows[place].Add(page, new CounterId(page.Id, topic, row.Day), row);
                }
            }
        }

        return rows;
    }

    /// <summary>Where a Partition stood before its rows were read.</summary>
    private readonly record struct Start(PartitionPositions Positions, long Highest);
}

/// <summary>The statistics rows of one Partition, as they were read.</summary>
internal sealed class PartitionRows
{
    private readonly Dictionary<CounterId, StatisticsRow> _rows = [];
    private readonly Dictionary<CounterId, (Page Page, StatisticsRow Row)> _foreign = [];

    /// <summary>The rows that the engine wrote.</summary>
    public IReadOnlyDictionary<CounterId, StatisticsRow> ById => _rows;

    /// <summary>The rows that the engine did not write, with their page.</summary>
    public IEnumerable<(Page Page, StatisticsRow Row)> Foreign => _foreign.Values;

    public void Add(Page page, in CounterId id, StatisticsRow row)
    {
        if (row.SequenceNr is null)
        {
            _foreign[id] = (page, row);
        }
        else
        {
            _rows[id] = row;
        }
    }

    /// <summary>Whether the Counter has a row, whoever wrote it.</summary>
    public bool Has(in CounterId id) => _rows.ContainsKey(id) || _foreign.ContainsKey(id);

    /// <summary>The SequenceNr of a Counter's row; 0 where it has none.</summary>
    public long SequenceNrOf(in CounterId id) => _rows.TryGetValue(id, out StatisticsRow? row) ? row.SequenceNr ?? 0 : 0;
}
