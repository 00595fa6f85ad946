using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>The stores that Partitions write to, in memory, fenced by Epoch, and doing what a test says. Thread-safe.</summary>
internal sealed class StoreDouble : IPartitionStore, ISnapshotStore, IStatisticsStore, IDeclarationStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, PartitionPositions> _positions = [];
    private readonly SortedDictionary<(int Partition, SnapshotKind Kind, string Key), Snapshot> _snapshots = [];
    private readonly Dictionary<(string Table, string Type, int Id, int Day, BreakdownValue? Part), StatisticsRow> _rows = [];

    /// <summary>Asked before each call with its name; its task delays the call, its exception fails it.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Whether a table refuses a row, and with it all that are written in the same transaction.</summary>
    public Func<StatisticsRow, bool> Refuses { get; set; } = _ => false;

    public PartitionPositions PositionsOf(int partition)
    {
        lock (_lock)
        {
            return _positions.GetValueOrDefault(partition);
        }
    }

    public StatisticsRow? Row(string page, string type, int id, int day, BreakdownValue? part = null)
    {
        lock (_lock)
        {
            return _rows.GetValueOrDefault((TableOf(page, part), type, id, day, part));
        }
    }

    /// <summary>The rows of the pages' own tables.</summary>
    public IReadOnlyList<StatisticsRow> Rows
    {
        get
        {
            lock (_lock)
            {
                return [.. _rows.Values.Where(row => row.Part is null)];
            }
        }
    }

    /// <summary>The rows of breakdowns.</summary>
    public IReadOnlyList<StatisticsRow> PartRows
    {
        get
        {
            lock (_lock)
            {
                return [.. _rows.Values.Where(row => row.Part is not null)];
            }
        }
    }

    public void PutRow(string page, StatisticsRow row)
    {
        lock (_lock)
        {
            _rows[(TableOf(page, row.Part), row.TopicType, row.TopicId, row.Day, row.Part)] = row;
        }
    }

    private static string TableOf(string page, BreakdownValue? part) => new StatisticsTable(Catalog.Default.PageNamed(page), part?.Breakdown).Name;

    public IReadOnlyList<Snapshot> SnapshotsOf(int partition, SnapshotKind kind)
    {
        lock (_lock)
        {
            return [.. _snapshots.Where(entry => entry.Key.Partition == partition && entry.Key.Kind == kind).Select(entry => entry.Value)];
        }
    }

    /// <summary>Puts a snapshot there, whatever it replaces.</summary>
    public void PutSnapshot(int partition, SnapshotKind kind, Snapshot snapshot)
    {
        lock (_lock)
        {
            _snapshots[(partition, kind, Convert.ToHexString(snapshot.Key))] = snapshot;
        }
    }

    public async ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken)
    {
        await Before(nameof(RaiseEpochAsync));
        lock (_lock)
        {
            PartitionPositions now = _positions.GetValueOrDefault(partition);
            if (_positions.ContainsKey(partition) && (now.Epoch > epoch || now.Baseline >= epoch))
            {
                return false;
            }

            _positions[partition] = now with { Epoch = epoch };
            return true;
        }
    }

    public async ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken)
    {
        await Before("LoadPositions");
        return PositionsOf(partition);
    }

    public async ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long sequenceNr, CancellationToken cancellationToken)
    {
        await Before(nameof(SaveCheckpointAsync));
        return Fenced(partition, epoch, now => _positions[partition] = now with { Checkpoint = Math.Max(now.Checkpoint, sequenceNr) });
    }

    public async ValueTask<bool> SaveBaselineAsync(int partition, long epoch, long sequenceNr, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken)
    {
        await Before(nameof(SaveBaselineAsync));
        return Fenced(partition, epoch, now =>
        {
            foreach (SnapshotWrite state in states)
            {
                Write(state);
            }

            _positions[partition] = now with { Baseline = Math.Max(now.Baseline, sequenceNr) };
        });
    }

    public async ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        await Before("SaveSnapshots");
        return Each(writes, write => (write.Shard, write.Epoch), Write);
    }

    public async ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        await Before($"Load{kind}");
        lock (_lock)
        {
            return [.. keys.Select(key => _snapshots.GetValueOrDefault((shard, kind, Convert.ToHexString(key)))).OfType<Snapshot>()];
        }
    }

    public async IAsyncEnumerable<Snapshot> ReadAsync(
        int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (Snapshot snapshot in await LoadAsync(shard, kind, keys, cancellationToken))
        {
            yield return snapshot;
        }
    }

    public async IAsyncEnumerable<Snapshot> ListAsync(int shard, SnapshotKind kind, byte[] keyPrefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Before($"List{kind}");
        foreach (Snapshot snapshot in SnapshotsOf(shard, kind).Where(snapshot => snapshot.Key.AsSpan().StartsWith(keyPrefix)))
        {
            yield return snapshot;
        }
    }

    public ValueTask EnsureTableAsync(StatisticsTable table, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<IReadOnlyList<int>> FlushAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        await Before("Flush");
        if (rows.FirstOrDefault(Refuses) is { } refused)
        {
            throw new RowRefusedException($"a check fails for {refused.TopicId}");
        }

        return Each(rows, row => (row.Shard, row.Epoch), row =>
        {
            StatisticsRow? stored = _rows.GetValueOrDefault((table.Name, row.TopicType, row.TopicId, row.Day, row.Part));
            if (stored is null || stored.SequenceNr < row.SequenceNr || (correct && stored.SequenceNr == row.SequenceNr))
            {
                _rows[(table.Name, row.TopicType, row.TopicId, row.Day, row.Part)] = row;
            }
        });
    }

    public async IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable table, StatisticsFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Before("ReadRows");
        List<StatisticsRow> found;
        lock (_lock)
        {
            found = [.. _rows.Where(row => string.Equals(row.Key.Table, table.Name, StringComparison.Ordinal)
                && filter.Matches(table.Page.Name, row.Key.Type, row.Key.Id, row.Key.Day)).Select(row => row.Value)];
        }

        foreach (StatisticsRow row in found)
        {
            yield return row;
        }
    }

    public ValueTask<long> CountForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask AdoptAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) => throw new NotSupportedException();

    public async ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        await Before("RemoveRows");
        return Each(rows, row => (row.Shard, row.Epoch), row =>
        {
            if (_rows.GetValueOrDefault((table.Name, row.TopicType, row.TopicId, row.Day, row.Part))?.SequenceNr == row.SequenceNr)
            {
                _rows.Remove((table.Name, row.TopicType, row.TopicId, row.Day, row.Part));
            }
        });
    }

    /// <summary>What is counted whose past is to be computed: nothing, unless a test says so.</summary>
    public List<Declaration> Declared { get; } = [];

    /// <summary>What each Partition has computed.</summary>
    public Dictionary<int, BackfillMarks> Backfilled { get; } = [];

    public ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<Declaration>>([.. Declared.Select(known => known.With(Backfilled.Values))]);
        }
    }

    public ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Backfilled.GetValueOrDefault(partition) ?? BackfillMarks.None);
        }
    }

    public async ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken)
    {
        await Before(nameof(SaveBackfilledAsync));
        return Fenced(partition, epoch, _ => Backfilled[partition] = marks);
    }

    public async ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken)
    {
        await Before(nameof(CompleteAsync));
        lock (_lock)
        {
            Declaration[] done = [.. Declared.Where(known => !known.IsComplete && known.With(Backfilled.Values).Backfilled == partitions)];
            Declared.RemoveAll(done.Contains);
            Declared.AddRange(done.Select(known => known with { IsComplete = true }));
            return [.. done.Select(known => known.Name)];
        }
    }

    /// <summary>Since when the computing of the past is stopped, or null.</summary>
    public long? BackfillStopMs { get; set; }

    public ValueTask<long?> FindStopAsync(CancellationToken cancellationToken) => ValueTask.FromResult(BackfillStopMs);

    public ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken)
    {
        BackfillStopMs = atMs;
        return ValueTask.CompletedTask;
    }

    private bool Fenced(int partition, long epoch, Action<PartitionPositions> write)
    {
        lock (_lock)
        {
            PartitionPositions now = _positions.GetValueOrDefault(partition);
            if (now.Epoch == epoch)
            {
                write(now);
            }

            return now.Epoch == epoch;
        }
    }

    private List<int> Each<T>(IReadOnlyList<T> items, Func<T, (int Partition, long Epoch)> owner, Action<T> write)
    {
        lock (_lock)
        {
            var stale = new List<int>();
            foreach (T item in items)
            {
                (int partition, long epoch) = owner(item);
                if (_positions.GetValueOrDefault(partition).Epoch == epoch)
                {
                    write(item);
                }
                else
                {
                    stale.Add(partition);
                }
            }

            return [.. stale.Distinct()];
        }
    }

    private void Write(SnapshotWrite write)
    {
        (int, SnapshotKind, string) key = (write.Shard, write.Kind, Convert.ToHexString(write.Key));
        if (write.Bytes is null)
        {
            _snapshots.Remove(key);
        }
        else if (!_snapshots.TryGetValue(key, out Snapshot? stored) || stored.SequenceNr <= write.SequenceNr)
        {
            _snapshots[key] = new Snapshot(write.Key, write.SequenceNr, write.Bytes);
        }
    }
}

/// <summary>A row that its table refuses.</summary>
public sealed class RowRefusedException(string message) : Exception(message);
