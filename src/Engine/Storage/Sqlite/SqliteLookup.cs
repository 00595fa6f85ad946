using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Resolving;
using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// A business database in a SQLite file, opened read-only; it may be the store's own. Queries are written as for
/// PostgreSQL, <c>… WHERE id = ANY(@keys)</c>: SQLite has no arrays, so <c>= ANY(@keys)</c> becomes
/// <c>IN (SELECT value FROM json_each(@keys))</c> and the keys are bound as the text of a JSON array.
/// </summary>
public sealed partial class SqliteLookup : ILookup
{
    private readonly SqliteFile _file;
    private readonly SqliteStoreOptions _options;
    private readonly SemaphoreSlim _gate;
    private readonly ConcurrentBag<SqliteLookupSession> _sessions = [];
    private volatile bool _disposed;

    /// <summary>Makes a lookup over a file; nothing is opened before the first call.</summary>
    /// <param name="pathOrConnectionString">A path, or a connection string such as <c>Data Source=/path/shop.db</c>.</param>
    /// <param name="options">Busy timeout and read connections count here; null stands for the defaults.</param>
    /// <exception cref="Storage.StoreException">No file is named, or a setting is out of range.</exception>
    public SqliteLookup(string pathOrConnectionString, SqliteStoreOptions? options = null)
    {
        _options = options ?? new SqliteStoreOptions();
        _options.Validate();
        _file = new SqliteFile(pathOrConnectionString);
        _gate = new SemaphoreSlim(_options.ReadConnections, _options.ReadConnections);
    }

    /// <inheritdoc/>
    public string Name => $"SQLite {_file.Path}";

    /// <inheritdoc/>
    public async ValueTask QueryAsync(
        string query, LookupStep step, ReadOnlyMemory<int> keys, LookupRows rows, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(rows.Step, step))
        {
            throw new ArgumentException($"The rows are made for the step '{rows.Step.Name}', not '{step.Name}'.", nameof(rows));
        }

        await RunAsync(
            session =>
            {
                using SqliteDataReader reader = session.Query(query, Json(keys.Span));
                LookupReader.Read(reader, query, rows);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask PingAsync(CancellationToken cancellationToken) => await RunAsync(
        session => session.Query("SELECT count(*) FROM sqlite_master", "[]").Dispose(), cancellationToken).ConfigureAwait(false);

    /// <summary>Closes the file, after the calls under way.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        for (int i = 0; i < _options.ReadConnections; i++)
        {
            await _gate.WaitAsync().ConfigureAwait(false);
        }

        while (_sessions.TryTake(out SqliteLookupSession? session))
        {
            session.Dispose();
        }

        _gate.Release(_options.ReadConnections);
    }

    /// <summary>A query as SQLite understands it.</summary>
    internal static string Rewrite(string query) => AnyKeys().Replace(query, " IN (SELECT value FROM json_each(@keys))");

    private async ValueTask RunAsync(Action<SqliteLookupSession> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            await Task.Run(() => Serve(work), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Serve(Action<SqliteLookupSession> work)
    {
        if (!_sessions.TryTake(out SqliteLookupSession? session))
        {
            session = SqliteLookupSession.Open(_file, _options);
        }

        try
        {
            work(session);
            _sessions.Add(session);
        }
        catch
        {
            // The next call opens the file afresh; it may be another one by then.
            session.Dispose();
            throw;
        }
    }

    private static string Json(ReadOnlySpan<int> keys)
    {
        var json = new StringBuilder("[", (keys.Length * 11) + 2);
        for (int i = 0; i < keys.Length; i++)
        {
            json.Append(i == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{keys[i]}");
        }

        return json.Append(']').ToString();
    }

    [GeneratedRegex(@"\s*=\s*ANY\s*\(\s*@keys\s*(::\s*\w+\s*\[\s*\]\s*)?\)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnyKeys();
}
