using DataLoad.Engine.Operating;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Paused streams: a row each.</summary>
internal sealed class SqlitePausedStreams(SqliteDatabase database) : IPausedStreams
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<string>>(
        session =>
        {
            using SqliteStatement select = session.Use("SELECT stream FROM dataload_paused_stream ORDER BY stream");
            var streams = new List<string>();
            while (select.Step())
            {
                streams.Add(select.Text(0));
            }

            return streams;
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken) => await database.WriteAsync(
        session =>
        {
            using SqliteStatement change = session.Use(paused
                ? "INSERT INTO dataload_paused_stream (stream) VALUES (?1) ON CONFLICT (stream) DO NOTHING"
                : "DELETE FROM dataload_paused_stream WHERE stream = ?1");
            return change.Bind(1, stream).Execute();
        },
        cancellationToken).ConfigureAwait(false);
}
