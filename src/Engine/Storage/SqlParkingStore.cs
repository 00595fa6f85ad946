using DataLoad.Engine.Parking;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>Parked deliveries: one row each.</summary>
internal sealed class SqlParkingStore(SqlDatabase database) : IParkingStore
{
    private const int RowBytes = 64;

    private static readonly RowShape ParkShape = new(IsFenced: false, ["id", "stream", "due_ms", "tries", "message"]);
    private static readonly RowShape RemoveShape = new(IsFenced: false, ["id"]);

    private readonly string _park = database.Dialect.Upsert(
        "dataload_parked",
        ParkShape,
        [("id", "w.id"), ("due_ms", "w.due_ms"), ("tries", "w.tries"), ("stream", "w.stream"), ("message", "w.message")],
        keys: 1,
        changed: ..2,
        condition: null);

    private readonly string _remove = database.Dialect.Delete("dataload_parked", RemoveShape, "t.id = w.id");

    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        // Of one id the last one stands, since a statement may not write a row twice; sorted against deadlocks.
        ParkedDelivery[] sorted = [.. deliveries.Reverse().DistinctBy(delivery => delivery.Id).OrderBy(delivery => delivery.Id)];
        IEnumerable<RowStatement> statements = Chunk
            .Split(sorted, int.MaxValue, delivery => delivery.Message.Length + RowBytes)
            .Select(range => new RowStatement(_park, Batch(sorted[range])));
        await database.WriteRowsAsync([.. statements], isExclusive: false, cancellationToken);
    }

    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, long maxBytes, CancellationToken cancellationToken) =>
        SelectAsync(
            rows => rows.Where(row => row.Stream == stream && row.DueMs <= nowMs).OrderBy(row => row.DueMs).ThenBy(row => row.Id).Take(limit),
            maxBytes,
            cancellationToken);

    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => database.ReadAsync(
        (db, token) => db.GetTable<ParkedRow>().Where(row => row.Stream == stream).MinAsync(row => (long?)row.DueMs, token), cancellationToken);

    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken)
    {
        byte[] last = after?.ToByteArray(bigEndian: true) ?? [];
        return SelectAsync(
            rows => rows.Where(row => Sql.Expr<bool>($"{row.Id} > {last}")).OrderBy(row => row.Id).Take(limit), long.MaxValue, cancellationToken);
    }

    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        if (ids.Count > 0)
        {
            var rows = new RowBatch(ids.Count, RowBatch.Of(ids, id => id.ToByteArray(bigEndian: true)));
            await database.WriteRowsAsync([new RowStatement(_remove, rows)], isExclusive: false, cancellationToken);
        }
    }

    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        database.ReadAsync((db, token) => db.GetTable<ParkedRow>().LongCountAsync(token), cancellationToken);

    private static RowBatch Batch(ParkedDelivery[] deliveries) => new(
        deliveries.Length,
        RowBatch.Of(deliveries, delivery => delivery.Id.ToByteArray(bigEndian: true)),
        RowBatch.Of(deliveries, delivery => delivery.Stream),
        RowBatch.Of(deliveries, delivery => delivery.DueMs),
        RowBatch.Of(deliveries, delivery => delivery.Tries),
        RowBatch.Of(deliveries, delivery => delivery.Message));

    private async ValueTask<IReadOnlyList<ParkedDelivery>> SelectAsync(
        Func<IQueryable<ParkedRow>, IQueryable<ParkedRow>> query, long maxBytes, CancellationToken cancellationToken)
    {
        List<ParkedRow> rows = await database.ReadAsync(
            async (db, token) =>
            {
                // Read row by row, so that no more are in memory than there is room for.
                var read = new List<ParkedRow>();
                long bytes = 0;
                await query(db.GetTable<ParkedRow>()).ForEachUntilAsync(
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
                    token);
                return read;
            },
            cancellationToken);
        return rows.ConvertAll(row => new ParkedDelivery
        {
            Id = new Guid(row.Id, bigEndian: true),
            Stream = row.Stream,
            DueMs = row.DueMs,
            Tries = row.Tries,
            Message = row.Message,
        });
    }
}
