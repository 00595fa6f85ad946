using DataLoad.Engine.Operating;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Paused streams: a row each.</summary>
internal sealed class PostgreSqlPausedStreams(NpgsqlDataSource source) : IPausedStreams
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlCommand select = source.CreateCommand("SELECT stream FROM dataload_paused_stream ORDER BY stream COLLATE \"C\"");
        await using NpgsqlDataReader reader = await select.ExecuteReaderAsync(cancellationToken);
        var streams = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            streams.Add(reader.GetString(0));
        }

        return streams;
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand change = source.CreateCommand(paused
            ? "INSERT INTO dataload_paused_stream (stream) VALUES ($1) ON CONFLICT (stream) DO NOTHING"
            : "DELETE FROM dataload_paused_stream WHERE stream = $1");
        change.Parameters.Add(Parameter.Of(stream));
        await change.ExecuteNonQueryAsync(cancellationToken);
    }
}
