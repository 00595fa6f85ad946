using DataLoad.Engine.Parking;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>Parked deliveries: one row each.</summary>
internal sealed class SqlParkingStore(SqlDatabase database) : IParkingStore
{
    private const string Table = "dataload_parked";
    private const string IsClaimed = "t.id = w.id AND t.claim = w.claim";
    private const int RowBytes = 64;

    private static readonly RowShape ParkShape = new(IsFenced: false, ["id", "stream", "due_ms", "tries", "message"]);
    private static readonly RowShape ParkAgainShape = new(IsFenced: false, ["id", "claim", "due_ms", "tries"]);
    private static readonly RowShape RenewShape = new(IsFenced: false, ["id", "claim", "due_ms"]);
    private static readonly RowShape RemoveShape = new(IsFenced: false, ["id", "claim"]);

    private readonly string _park = database.Dialect.Upsert(
        Table,
        ParkShape,
        [("id", "w.id"), ("due_ms", "w.due_ms"), ("tries", "w.tries"), ("stream", "w.stream"), ("message", "w.message")],
        keys: 1,
        changed: ..0,
        condition: null);

    private readonly string _parkAgain = database.Dialect.Update(
        Table, ParkAgainShape, "due_ms = w.due_ms, tries = w.tries, claim = NULL", IsClaimed);

    private readonly string _renew = database.Dialect.Update(Table, RenewShape, "due_ms = w.due_ms", IsClaimed);
    private readonly string _remove = database.Dialect.Delete(Table, RemoveShape, IsClaimed);

    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        ParkedDelivery[] sorted = Sorted(deliveries);
        IEnumerable<RowStatement> statements = Chunk
            .Split(sorted, int.MaxValue, delivery => delivery.Message.Length + RowBytes)
            .Select(range => new RowStatement(_park, Batch(sorted[range])));
        await database.WriteRowsAsync([.. statements], isExclusive: false, cancellationToken);
    }

    public async ValueTask ParkAgainAsync(IReadOnlyList<ParkedDelivery> deliveries, Guid claim, CancellationToken cancellationToken)
    {
        ParkedDelivery[] sorted = Sorted(deliveries);
        await WriteAsync(
            _parkAgain,
            [.. sorted.Select(delivery => delivery.Id)],
            claim,
            cancellationToken,
            RowBatch.Of(sorted, delivery => delivery.DueMs),
            RowBatch.Of(sorted, delivery => delivery.Tries));
    }

    public async ValueTask<IReadOnlyList<ParkedDelivery>> ClaimAsync(
        string stream, long nowMs, long untilMs, Guid claim, int limit, long maxBytes, CancellationToken cancellationToken) => Deliveries(
        await database.TransactAsync(
            async (db, token) =>
            {
                List<ParkedRow> rows = await ReadAsync(
                    database.Dialect.SkipLocked(db.GetTable<ParkedRow>().Where(row => row.Stream == stream && row.DueMs <= nowMs)
                        .OrderBy(row => row.DueMs).ThenBy(row => row.Id).Take(limit)),
                    maxBytes,
                    token);
                if (rows.Count > 0)
                {
                    (string condition, DataParameter ids) = database.Dialect.OneOf("id", "ids", [.. rows.Select(row => row.Id)]);
                    await db.ExecuteAsync(
                        $"UPDATE {Table} SET due_ms = @until, claim = @claim WHERE {condition}",
                        token,
                        DataParameter.Int64("until", untilMs),
                        DataParameter.VarBinary("claim", BytesOf(claim)),
                        ids);
                }

                return rows;
            },
            cancellationToken));

    public async ValueTask RenewAsync(IReadOnlyList<Guid> ids, Guid claim, long untilMs, CancellationToken cancellationToken) =>
        await WriteAsync(_renew, ids, claim, cancellationToken, RowBatch.Of(ids, _ => untilMs));

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => database.ReadAsync(
        (db, token) => db.GetTable<ParkedRow>().Where(row => row.Stream == stream).MinAsync(row => (long?)row.DueMs, token), cancellationToken);

    public async ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(string? stream, Guid? after, int limit, CancellationToken cancellationToken)
    {
        byte[] last = after is { } id ? BytesOf(id) : [];
        return Deliveries(await database.ReadAsync(
            (db, token) => ReadAsync(
                db.GetTable<ParkedRow>()
                    .Where(row => Sql.Expr<bool>($"{row.Id} > {last}") && (stream == null || row.Stream == stream)).OrderBy(row => row.Id).Take(limit),
                long.MaxValue,
                token),
            cancellationToken));
    }

    public ValueTask<int> RemoveAsync(IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken) =>
        WriteAsync(_remove, ids, claim, cancellationToken);

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        database.ReadAsync((db, token) => db.GetTable<ParkedRow>().LongCountAsync(token), cancellationToken);

    /// <summary>Of one id the last one, since a statement may not write a row twice; sorted against deadlocks.</summary>
    private static ParkedDelivery[] Sorted(IReadOnlyList<ParkedDelivery> deliveries) =>
        [.. deliveries.Reverse().DistinctBy(delivery => delivery.Id).OrderBy(delivery => delivery.Id)];

    private static RowBatch Batch(ParkedDelivery[] deliveries) => new(
        deliveries.Length,
        RowBatch.Of(deliveries, delivery => BytesOf(delivery.Id)),
        RowBatch.Of(deliveries, delivery => delivery.Stream),
        RowBatch.Of(deliveries, delivery => delivery.DueMs),
        RowBatch.Of(deliveries, delivery => delivery.Tries),
        RowBatch.Of(deliveries, delivery => delivery.Message));

    private static byte[] BytesOf(Guid id) => id.ToByteArray(bigEndian: true);

    /// <summary>Reads row by row, so that no more are in memory than there is room for.</summary>
    private static async Task<List<ParkedRow>> ReadAsync(IQueryable<ParkedRow> query, long maxBytes, CancellationToken cancellationToken)
    {
        var read = new List<ParkedRow>();
        long bytes = 0;
        await query.ForEachUntilAsync(
            row =>
            {
                bytes += row.Message.Length;
                bool isTaken = read.Count == 0 || bytes <= maxBytes;
                if (isTaken)
                {
                    read.Add(row);
                }

                return isTaken;
            },
            cancellationToken);
        return read;
    }

    private static List<ParkedDelivery> Deliveries(List<ParkedRow> rows) => rows.ConvertAll(row => new ParkedDelivery
    {
        Id = new Guid(row.Id, bigEndian: true),
        Stream = row.Stream,
        DueMs = row.DueMs,
        Tries = row.Tries,
        Message = row.Message,
    });

    /// <summary>Runs a statement for rows that are under a claim.</summary>
    /// <returns>How many there were.</returns>
    private async ValueTask<int> WriteAsync(
        string statement, IReadOnlyList<Guid> ids, Guid claim, CancellationToken cancellationToken, params BatchColumn[] columns)
    {
        if (ids.Count == 0)
        {
            return 0;
        }

        byte[] token = BytesOf(claim);
        var rows = new RowBatch(ids.Count, [RowBatch.Of(ids, BytesOf), RowBatch.Of(ids, _ => token), .. columns]);
        return (await database.WriteRowsAsync([new RowStatement(statement, rows)], isExclusive: false, cancellationToken)).Changed;
    }
}
