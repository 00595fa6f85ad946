using DataLoad.Engine.Operating;
using LinqToDB;
using LinqToDB.Async;

namespace DataLoad.Engine.Storage;

/// <summary>Paused streams: a row each.</summary>
internal sealed class SqlPausedStreams(SqlDatabase database) : IPausedStreams
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        List<string> streams = await database.ReadAsync(
            (db, token) => db.GetTable<PausedStreamRow>().Select(row => row.Stream).ToListAsync(token), cancellationToken);
        streams.Sort(StringComparer.Ordinal);
        return streams;
    }

    /// <inheritdoc/>
    public async ValueTask SetAsync(string stream, bool paused, CancellationToken cancellationToken) => await database.ChangeAsync(
        (db, token) => paused
            ? db.GetTable<PausedStreamRow>().InsertOrUpdateAsync(() => new PausedStreamRow { Stream = stream }, onDuplicateKeyUpdateSetter: null, token)
            : db.GetTable<PausedStreamRow>().DeleteAsync(row => row.Stream == stream, token),
        cancellationToken);
}
