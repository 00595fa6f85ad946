using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;

namespace DataLoad.Engine.Storage;

/// <summary>
/// A business database, opened for reading only. Queries are written as for PostgreSQL, <c>… WHERE id = ANY(@keys)</c>,
/// whatever the database is. Owns the database and closes it.
/// </summary>
public sealed class SqlLookup(SqlDatabase database) : ILookup
{
    /// <inheritdoc/>
    public string Name => database.Name;

    /// <inheritdoc/>
    public ValueTask QueryAsync(string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken) =>
        ReferenceEquals(rows.Step, step)
            ? database.QueryAsync(query, keys, (reader, token) => LookupReader.ReadAsync(reader, query, rows, token), cancellationToken)
            : throw new ArgumentException($"The rows are made for the step '{rows.Step.Name}', not '{step.Name}'.", nameof(rows));

    /// <inheritdoc/>
    public ValueTask PingAsync(CancellationToken cancellationToken) => database.PingAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();
}
