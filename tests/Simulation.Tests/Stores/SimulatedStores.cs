using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>Each Partition's row, over the wire.</summary>
internal sealed class SimulatedPartitionStore(StoreState state, StoreWire wire, IStoreWatch watch) : IPartitionStore
{
    public ValueTask<bool> RaiseEpochAsync(int partition, long epoch, CancellationToken cancellationToken) => wire.WriteAsync(
        "Partitions.RaiseEpoch",
        () =>
        {
            bool admitted = state.RaiseEpoch(partition, epoch);
            watch.OnEpoch(partition, epoch, admitted);
            return admitted;
        },
        cancellationToken);

    public ValueTask<PartitionPositions> LoadAsync(int partition, CancellationToken cancellationToken) =>
        wire.ReadAsync("Partitions.Load", () => state.PositionsOf(partition), cancellationToken);

    public ValueTask<bool> SaveCheckpointAsync(int partition, long epoch, long sequenceNr, CancellationToken cancellationToken) => wire.WriteAsync(
        "Partitions.SaveCheckpoint",
        () =>
        {
            bool admitted = state.SaveCheckpoint(partition, epoch, sequenceNr);
            watch.OnCheckpoint(partition, epoch, sequenceNr, admitted);
            return admitted;
        },
        cancellationToken);

    public ValueTask<bool> SaveBaselineAsync(int partition, long epoch, long sequenceNr, IReadOnlyList<SnapshotWrite> states, CancellationToken cancellationToken)
    {
        SnapshotWrite[] sent = [.. states];
        return wire.WriteAsync(
            "Partitions.SaveBaseline",
            () =>
            {
                bool admitted = state.SaveBaseline(partition, epoch, sequenceNr, sent);
                watch.OnBaseline(partition, epoch, sequenceNr, admitted);
                return admitted;
            },
            cancellationToken);
    }
}

/// <summary>Deletes of the journal, over the wire.</summary>
internal sealed class SimulatedTrimmer(JournalTable table, StoreWire wire) : IJournalTrimmer
{
    public async ValueTask DeleteBlocksAsync(int partition, long afterSequenceNr, long throughSequenceNr, CancellationToken cancellationToken) =>
        await wire.WriteAsync(
        "Journal.Delete",
        () =>
        {
            table.DeleteBlocks(JournalReader.PersistenceIdOf(partition), afterSequenceNr, throughSequenceNr);
            return true;
        },
        cancellationToken);
}

/// <summary>Snapshots over the wire.</summary>
internal sealed class SimulatedSnapshots(StoreState state, StoreWire wire, IStoreWatch watch, int pageRows) : ISnapshotStore
{
    public ValueTask<IReadOnlyList<int>> SaveAsync(IReadOnlyList<SnapshotWrite> writes, CancellationToken cancellationToken)
    {
        SnapshotWrite[] sent = [.. writes];

        // A seal or a merge of seen hashes is one step: the engine relies on its transaction.
        bool isWhole = sent.Any(write => write.Kind == SnapshotKind.SeenHashes);
        return wire.WriteAsync(
            "Snapshots.Save",
            isWhole ? 1 : sent.Length,
            parts =>
            {
                SnapshotWrite[] applied = isWhole ? sent : sent[..parts];
                IReadOnlyList<int> stale = state.SaveSnapshots(applied);
                watch.OnSaved(applied, stale);
                return stale;
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<Snapshot>> LoadAsync(int shard, SnapshotKind kind, IReadOnlyList<byte[]> keys, CancellationToken cancellationToken)
    {
        byte[][] asked = [.. keys];
        return wire.ReadAsync<IReadOnlyList<Snapshot>>("Snapshots.Load", () => Load(state.SnapshotsOf(shard, kind), asked), cancellationToken);
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
        byte[]? after = null;
        List<Snapshot> page;
        do
        {
            byte[]? last = after;
            page = await wire.ReadAsync("Snapshots.List", () => Page(state.SnapshotsOf(shard, kind), keyPrefix, last), cancellationToken);
            foreach (Snapshot snapshot in page)
            {
                yield return snapshot;
                after = snapshot.Key;
            }
        }
        while (page.Count == pageRows);
    }

    private static List<Snapshot> Load(SortedList<byte[], Snapshot> kept, byte[][] keys)
    {
        var found = new List<Snapshot>(keys.Length);
        foreach (byte[] key in keys)
        {
            if (kept.TryGetValue(key, out Snapshot? snapshot))
            {
                found.Add(snapshot);
            }
        }

        return found;
    }

    private List<Snapshot> Page(SortedList<byte[], Snapshot> kept, byte[] prefix, byte[]? after) =>
        [.. kept.Values.Where(snapshot => snapshot.Key.AsSpan().StartsWith(prefix) && (after is null || snapshot.Key.AsSpan().SequenceCompareTo(after) > 0))
            .Take(pageRows)];
}

/// <summary>Statistics tables over the wire.</summary>
internal sealed class SimulatedStatistics(StoreState state, StoreWire wire, IStoreWatch watch, int pageRows) : IStatisticsStore
{
    public async ValueTask EnsureTableAsync(StatisticsTable table, CancellationToken cancellationToken) =>
        await wire.WriteAsync("Statistics.EnsureTable", () => state.RowsOf(table).Count, cancellationToken);

    public ValueTask<IReadOnlyList<int>> FlushAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        StatisticsRow[] sent = [.. rows.Select(row => row with { Values = [.. row.Values] })];
        return wire.WriteAsync(
            "Statistics.Flush",
            sent.Length,
            parts =>
            {
                StatisticsRow[] applied = sent[..parts];
                watch.OnFlushing(table, applied);
                IReadOnlyList<int> stale = state.Flush(table, applied, correct);
                watch.OnFlushed(table, applied, stale);
                return stale;
            },
            cancellationToken);
    }

    public async IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable table, StatisticsFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RowKey? after = null;
        List<StatisticsRow> rows;
        do
        {
            RowKey? last = after;
            rows = await wire.ReadAsync("Statistics.Read", () => Select(table, filter, last), cancellationToken);
            foreach (StatisticsRow row in rows)
            {
                yield return row;
                after = RowKey.Of(table, row);
            }
        }
        while (rows.Count == pageRows);
    }

    public ValueTask<long> CountForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => AsyncEnumerable.Empty<StatisticsRow>();

    public ValueTask AdoptAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        throw new NotSupportedException("All rows are the engine's own.");

    public ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken)
    {
        StatisticsRow[] sent = [.. rows];
        return wire.WriteAsync("Statistics.Remove", sent.Length, parts => state.Remove(table, sent[..parts]), cancellationToken);
    }

    private List<StatisticsRow> Select(StatisticsTable table, StatisticsFilter filter, RowKey? after) =>
    [
        .. state.RowsOf(table)
            .Where(row => (after is not { } last || row.Key.CompareTo(last) > 0) && filter.Matches(table.Page.Name, row.Key.TopicType, row.Key.TopicId, row.Key.Day))
            .Take(pageRows)
            .Select(row => new StatisticsRow(row.Key.TopicType, row.Key.TopicId, row.Key.Day, row.Value.SequenceNr, [.. row.Value.Values], Part: row.Key.Part)),
    ];
}

/// <summary>Metrics and breakdowns that were counted from the first event on.</summary>
internal sealed class SimulatedDeclarations : IDeclarationStore
{
    public ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<Declaration>>([]);
    public ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nothing is checked before a start.");

    public ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken) => ValueTask.FromResult(BackfillMarks.None);

    public ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nothing is to be computed.");

    public ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Nothing is to be computed.");

    public ValueTask<long?> FindStopAsync(CancellationToken cancellationToken) => ValueTask.FromResult<long?>(null);
    public ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is to be computed.");
}

/// <summary>Parked deliveries over the wire.</summary>
internal sealed class SimulatedParking(StoreState state, StoreWire wire, IStoreWatch watch) : IParkingStore
{
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        ParkedDelivery[] sent = [.. deliveries.Select(delivery => delivery with { Message = [.. delivery.Message] })];
        await wire.WriteAsync("Parking.Park", sent.Length, parts => Park(sent[..parts]), cancellationToken);
    }

    public async ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, Guid claim, CancellationToken cancellationToken)
    {
        ParkedDelivery[] sent = [.. deliveries];
        await wire.WriteAsync("Parking.ParkAgain", sent.Length, parts => ParkAgain(sent[..parts], claim), cancellationToken);
    }

    public ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(
        string stream, long nowMs, long untilMs, Guid claim, int limit, long maxBytes, CancellationToken cancellationToken) =>
        wire.WriteAsync<IReadOnlyList<ParkedDelivery>>("Parking.Claim", limit, parts => Claim(stream, nowMs, untilMs, claim, parts), cancellationToken);

    public async ValueTask RenewAsync(IReadOnlyList<Guid> ids, Guid claim, long untilMs, CancellationToken cancellationToken)
    {
        Guid[] sent = [.. ids];
        await wire.WriteAsync("Parking.Renew", sent.Length, parts => Renew(sent[..parts], claim, untilMs), cancellationToken);
    }

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) =>
        wire.ReadAsync("Parking.NextDue", () => Of(stream).Min(delivery => (long?)delivery.DueMs), cancellationToken);

    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(string? stream, Guid? after, int limit, CancellationToken cancellationToken) =>
        wire.ReadAsync<IReadOnlyList<ParkedDelivery>>(
        "Parking.List",
        () => [.. (stream is null ? state.Parked.Values : Of(stream)).Where(delivery => after is not { } last || delivery.Id.CompareTo(last) > 0).OrderBy(delivery => delivery.Id).Take(limit)],
        cancellationToken);

    public ValueTask<int> RemoveAsync(IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken)
    {
        Guid[] sent = [.. ids];
        return wire.WriteAsync("Parking.Remove", sent.Length, parts => Remove(sent[..parts], claim), cancellationToken);
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        wire.ReadAsync("Parking.Count", () => (long)state.Parked.Count, cancellationToken);

    private bool Park(ParkedDelivery[] deliveries)
    {
        foreach (ParkedDelivery delivery in deliveries)
        {
            state.Parked.TryAdd(delivery.Id, delivery);
        }

        watch.OnParked(deliveries);
        return true;
    }

    private bool ParkAgain(ParkedDelivery[] deliveries, Guid claim)
    {
        foreach (ParkedDelivery delivery in deliveries.Where(delivery => IsUnder(claim, delivery.Id)))
        {
            state.Parked[delivery.Id] = state.Parked[delivery.Id] with { DueMs = delivery.DueMs, Tries = delivery.Tries };
            state.Claims.Remove(delivery.Id);
        }

        return true;
    }

    private List<ParkedDelivery> Claim(string stream, long nowMs, long untilMs, Guid claim, int limit)
    {
        List<ParkedDelivery> claimed = [.. Of(stream).Where(delivery => delivery.DueMs <= nowMs).OrderBy(delivery => delivery.DueMs)
            .ThenBy(delivery => delivery.Id.ToString("N"), StringComparer.Ordinal).Take(limit)];
        foreach (ParkedDelivery delivery in claimed)
        {
            state.Parked[delivery.Id] = delivery with { DueMs = untilMs };
            state.Claims[delivery.Id] = claim;
        }

        return claimed;
    }

    private bool Renew(Guid[] ids, Guid claim, long untilMs)
    {
        foreach (Guid id in ids.Where(id => IsUnder(claim, id)))
        {
            state.Parked[id] = state.Parked[id] with { DueMs = untilMs };
        }

        return true;
    }

    private int Remove(Guid[] ids, Guid claim)
    {
        Guid[] removed = [.. ids.Where(id => IsUnder(claim, id))];
        watch.OnUnparking(removed);
        foreach (Guid id in removed)
        {
            state.Claims.Remove(id);
            state.Parked.Remove(id);
        }

        return removed.Length;
    }

    private bool IsUnder(Guid claim, Guid id) => state.Claims.TryGetValue(id, out Guid current) && current == claim;

    private IEnumerable<ParkedDelivery> Of(string stream) =>
        state.Parked.Values.Where(delivery => string.Equals(delivery.Stream, stream, StringComparison.Ordinal));
}
