using DataLoad.Engine.Parking;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Parked deliveries, by id and by due time.</summary>
internal sealed class SqliteParkingStore(SqliteDatabase database) : IParkingStore
{
    /// <inheritdoc/>
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        if (deliveries.Count > 0)
        {
            await database.WriteAsync(session => Park(session, deliveries), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(session => Due(session, stream, nowMs, limit), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using SqliteStatement select = session.Use("SELECT due_ms FROM dataload_parked WHERE stream = ?1 ORDER BY due_ms LIMIT 1");
            select.Bind(1, stream);
            return select.Step() ? select.Int64(0) : (long?)null;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync(session => List(session, after, limit), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        if (ids.Count > 0)
        {
            await database.WriteAsync(session => Remove(session, ids), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            using SqliteStatement select = session.Use("SELECT count(*) FROM dataload_parked");
            return select.Scalar();
        },
        cancellationToken);

    private static bool Park(SqliteSession session, IReadOnlyList<ParkedDelivery> deliveries)
    {
        Span<byte> id = stackalloc byte[16];
        using SqliteStatement upsert = session.Use(
            """
            INSERT INTO dataload_parked (id, stream, due_ms, tries, message) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (id) DO UPDATE SET due_ms = excluded.due_ms, tries = excluded.tries
            """);
        foreach (ParkedDelivery delivery in deliveries)
        {
            delivery.Id.TryWriteBytes(id, bigEndian: true, out _);
            upsert
                .Bind(1, id)
                .Bind(2, delivery.Stream)
                .Bind(3, delivery.DueMs)
                .Bind(4, delivery.Tries)
                .Bind(5, delivery.Message.AsSpan())
                .Execute();
        }

        return true;
    }

    private static IReadOnlyList<ParkedDelivery> Due(SqliteSession session, string stream, long nowMs, int limit)
    {
        var due = new List<ParkedDelivery>();
        using SqliteStatement select = session.Use(
            "SELECT id, stream, due_ms, tries, message FROM dataload_parked WHERE stream = ?1 AND due_ms <= ?2 ORDER BY due_ms, id LIMIT ?3");
        select.Bind(1, stream).Bind(2, nowMs).Bind(3, limit);
        while (select.Step())
        {
            due.Add(Read(select));
        }

        return due;
    }

    private static IReadOnlyList<ParkedDelivery> List(SqliteSession session, Guid? after, int limit)
    {
        var page = new List<ParkedDelivery>();
        using SqliteStatement select = session.Use(
            "SELECT id, stream, due_ms, tries, message FROM dataload_parked WHERE id > ?1 ORDER BY id LIMIT ?2");

        // The empty blob comes before all others.
        select.Bind(1, after?.ToByteArray(bigEndian: true) ?? []).Bind(2, limit);
        while (select.Step())
        {
            page.Add(Read(select));
        }

        return page;
    }

    private static ParkedDelivery Read(SqliteStatement select) => new()
    {
        Id = new Guid(select.Span(0), bigEndian: true),
        Stream = select.Text(1),
        DueMs = select.Int64(2),
        Tries = (int)select.Int64(3),
        Message = select.Blob(4),
    };

    private static bool Remove(SqliteSession session, IReadOnlyList<Guid> ids)
    {
        Span<byte> bytes = stackalloc byte[16];
        using SqliteStatement delete = session.Use("DELETE FROM dataload_parked WHERE id = ?1");
        foreach (Guid id in ids)
        {
            id.TryWriteBytes(bytes, bigEndian: true, out _);
            delete.Bind(1, bytes).Execute();
        }

        return true;
    }
}
