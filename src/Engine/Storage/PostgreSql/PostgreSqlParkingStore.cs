using Dapper;
using DataLoad.Engine.Parking;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Parked deliveries: one row each.</summary>
internal sealed class PostgreSqlParkingStore(NpgsqlDataSource source) : IParkingStore
{
    private const int RowBytes = 64;

    private const string ParkSql =
        """
        INSERT INTO dataload_parked (id, stream, due_ms, tries, message)
        SELECT * FROM unnest($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET due_ms = excluded.due_ms, tries = excluded.tries
        """;

    /// <inheritdoc/>
    public async ValueTask ParkAsync(IReadOnlyList<ParkedDelivery> deliveries, CancellationToken cancellationToken)
    {
        if (deliveries.Count == 0)
        {
            return;
        }

        // Of one id the last one stands, since a statement may not write a row twice; sorted against deadlocks.
        var byId = new SortedDictionary<Guid, ParkedDelivery>();
        foreach (ParkedDelivery delivery in deliveries)
        {
            byId[delivery.Id] = delivery;
        }

        ParkedDelivery[] sorted = [.. byId.Values];
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = connection.CreateBatch();
        foreach (Range range in Chunk.Split(sorted, int.MaxValue, delivery => delivery.Message.Length + RowBytes))
        {
            ParkedDelivery[] chunk = sorted[range];
            batch.BatchCommands.Add(new NpgsqlBatchCommand(ParkSql)
            {
                Parameters =
                {
                    Parameter.Of(Array.ConvertAll(chunk, delivery => delivery.Id)),
                    Parameter.Of(Array.ConvertAll(chunk, delivery => delivery.Stream)),
                    Parameter.Of(Array.ConvertAll(chunk, delivery => delivery.DueMs)),
                    Parameter.Of(Array.ConvertAll(chunk, delivery => delivery.Tries)),
                    Parameter.Of(Array.ConvertAll(chunk, delivery => delivery.Message)),
                },
            });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ParkedDelivery>> DueAsync(string stream, long nowMs, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(
            "SELECT id, stream, due_ms, tries, message FROM dataload_parked WHERE stream = $1 AND due_ms <= $2 ORDER BY due_ms, id LIMIT $3");
        command.Parameters.Add(Parameter.Of(stream));
        command.Parameters.Add(Parameter.Of(nowMs));
        command.Parameters.Add(Parameter.Of(limit));
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<long?> NextDueAsync(string stream, CancellationToken cancellationToken) =>
        await ScalarAsync<long?>("SELECT min(due_ms) FROM dataload_parked WHERE stream = @stream", new { stream }, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ParkedDelivery>> ListAsync(Guid? after, int limit, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = source.CreateCommand(
            $"SELECT id, stream, due_ms, tries, message FROM dataload_parked{(after is null ? "" : " WHERE id > $2")} ORDER BY id LIMIT $1");
        command.Parameters.Add(Parameter.Of(limit));
        if (after is { } last)
        {
            command.Parameters.Add(Parameter.Of(last));
        }

        return await ReadAllAsync(command, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(IReadOnlyList<Guid> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
        {
            return;
        }

        await using NpgsqlCommand command = source.CreateCommand("DELETE FROM dataload_parked WHERE id = ANY ($1)");
        command.Parameters.Add(Parameter.Of(ids as Guid[] ?? [.. ids]));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long> CountAsync(CancellationToken cancellationToken) =>
        ScalarAsync<long>("SELECT count(*) FROM dataload_parked", parameters: null, cancellationToken);

    private static async ValueTask<IReadOnlyList<ParkedDelivery>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<ParkedDelivery>();
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add(Read(reader));
        }

        return found;
    }

    private static ParkedDelivery Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        Stream = reader.GetString(1),
        DueMs = reader.GetInt64(2),
        Tries = reader.GetInt32(3),
        Message = reader.GetFieldValue<byte[]>(4),
    };

    private async ValueTask<T?> ScalarAsync<T>(string sql, object? parameters, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));
    }
}
