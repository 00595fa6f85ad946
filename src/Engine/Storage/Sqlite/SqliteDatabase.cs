using System.Data.Common;
using System.Text.RegularExpressions;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using LinqToDB;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>A database in a file, for one process, with the journal in a file of its own beside it. Every write is on disk when it returns.</summary>
/// <remarks>What a retry may help, as on a full disk, throws <see cref="SqliteException"/>; what it does not help <see cref="StoreException"/>.</remarks>
public sealed partial class SqliteDatabase : SqlDatabase
{
    private readonly SqliteConnections _connections;
    private readonly SqliteDatabase? _journal;

    private SqliteDatabase(SqliteFile file, SqliteStoreOptions? options, bool isForReading, SqliteDatabase? journal = null)
    {
        _connections = new SqliteConnections(file, (options ?? new SqliteStoreOptions()).Validate(), isForReading);
        _journal = journal;
        Hold = new SqliteFileHold(file);
    }

    /// <inheritdoc/>
    public override string Name => $"SQLite {_connections.File.Path}";

    /// <inheritdoc/>
    public override JournalConnection JournalConnection => new(
        ProviderName.SQLiteMS,
        _connections.File.Journal.ConnectionString(SqliteOpenMode.ReadWrite),
        _connections.File.Journal.ConnectionString(SqliteOpenMode.ReadOnly));

    internal override SqlDialect Dialect { get; } = new SqliteDialect();
    internal override bool Exists => _connections.File.Exists;
    internal override SqlDatabase Journal => _journal ?? this;
    internal SqliteFile File => _connections.File;

    /// <summary>Keeps the file from who names it otherwise.</summary>
    internal SqliteFileHold Hold { get; }

    internal string HeldElsewhere => $"A node runs over the file of {Name} under another name, by a hard link or a directory that is mounted twice, and each name has a "
        + "write-ahead log of its own: stop it first, and name the file the same everywhere, or use PostgreSQL for several nodes.";

    /// <summary>Makes a database for a store over a file; nothing is opened before the first call.</summary>
    /// <param name="pathOrConnectionString">A path, or a connection string such as <c>Data Source=/path/dataload.db</c>.</param>
    /// <param name="options">The settings; null stands for the defaults.</param>
    /// <exception cref="StoreException">No file is named, or a setting is out of range.</exception>
    public static SqliteDatabase ForStore(string pathOrConnectionString, SqliteStoreOptions? options = null)
    {
        var file = new SqliteFile(pathOrConnectionString);
        return new SqliteDatabase(file, options, isForReading: false, new SqliteDatabase(file.Journal, options, isForReading: false));
    }

    /// <summary>Makes a database that is only read; it may be a store's own. SQLite has no arrays, so <c>= ANY(@keys)</c> becomes a list.</summary>
    /// <param name="pathOrConnectionString">A path, or a connection string such as <c>Data Source=/path/shop.db</c>.</param>
    /// <param name="options">Busy timeout and read connections count here; null stands for the defaults.</param>
    /// <exception cref="StoreException">No file is named, or a setting is out of range.</exception>
    public static SqliteDatabase ForReading(string pathOrConnectionString, SqliteStoreOptions? options = null) =>
        new(new SqliteFile(pathOrConnectionString), options, isForReading: true);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        Hold.Dispose();
        if (_journal is not null)
        {
            await _journal.DisposeAsync();
        }
    }

    /// <summary>A query as SQLite understands it.</summary>
    internal static string Rewrite(string query) => AnyKeys().Replace(query, " IN (SELECT value FROM json_each(@keys))");

    internal ValueTask<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        _connections.WriteAsync(session => Task.FromResult(work(session)), cancellationToken);

    /// <summary>Moves what is in the write-ahead log into the file, as far as nobody reads older.</summary>
    internal ValueTask CheckpointAsync(CancellationToken cancellationToken) => _connections.CheckpointAsync(cancellationToken);

    internal ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        _connections.ReadAsync(session => Task.FromResult(work(session)), cancellationToken);

    internal override ValueTask CreateAsync(CancellationToken cancellationToken) => _connections.CreateAsync(cancellationToken);

    internal override ValueTask<T> ReadAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _connections.ReadAsync(session => work(session.Data, cancellationToken), cancellationToken);

    internal override ValueTask<T> ChangeAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        TransactAsync(work, cancellationToken);

    internal override ValueTask<T> TransactAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        _connections.WriteAsync(session => work(session.Data, cancellationToken), cancellationToken);

    internal override async ValueTask<(IReadOnlyList<int> Stale, int Changed)> WriteRowsAsync(
        IReadOnlyList<RowStatement> statements, bool isExclusive, CancellationToken cancellationToken) => statements.Count == 0
        ? ([], 0)
        : await WriteAsync(
            session =>
            {
                var fence = new SqliteFence(session);
                int changed = statements.Sum(statement => Write(session, statement, fence));
                return (fence.Stale, changed);
            },
            cancellationToken);

    internal override async ValueTask QueryAsync(
        string query, ReadOnlyMemory<int> keys, Func<DbDataReader, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        string json = $"[{string.Join(',', keys.ToArray())}]";
        await _connections.ReadAsync(
            async session =>
            {
                await using SqliteDataReader reader = session.Query(query, json);
                await read(reader, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    /// <remarks>A node under the same name is told of by the node store.</remarks>
    internal override async ValueTask<string?> FindOtherUseAsync(CancellationToken cancellationToken)
    {
        if (SqliteLockFile.IsLocked(File.LockPath))
        {
            return null;
        }

        bool isFree = Hold.TryTake();
        Hold.Release();
        return !isFree ? HeldElsewhere
            : await ReadAsync(SqliteLastName.Find, cancellationToken) is { } last && SqliteLastName.FindLogLeft(File, last) is { } log
            ? $"{Name} was last used under the name {last}, and what was committed last is in the log {log.Left} beside that name, which is not seen under this one: "
                + $"start once under that name, or, with nothing running over it, move {log.Left} to {log.Expected}."
            : null;
    }

    internal override INodeStore MakeNodes() => new SqliteNodeStore(this);

    private static int Write(SqliteSession session, RowStatement statement, SqliteFence fence)
    {
        using SqliteStatement prepared = session.Use(statement.Text);
        RowBatch rows = statement.Rows;
        int changed = 0;
        int before = -1;
        for (int row = 0; row < rows.Count; row++)
        {
            if (rows.Partitions.Length == 0 || fence.Admits(rows.Partitions[row], rows.Epochs[row]))
            {
                Bind(prepared, rows.Columns, row, before);
                changed += prepared.Execute();
                before = row;
            }
        }

        return changed;
    }

    /// <summary>Binds a row. A number that the row before had, too, stays as it is: most metrics of most rows are 0, and each call costs.</summary>
    private static void Bind(SqliteStatement statement, BatchColumn[] columns, int row, int before)
    {
        int parameter = 1;
        foreach (BatchColumn column in columns)
        {
            _ = column switch
            {
                BatchColumn<int> values => statement.Bind(parameter, values.Values[row]),
                BatchColumn<long> values => statement.Bind(parameter, values.Values[row]),
                BatchColumn<short> values => statement.Bind(parameter, values.Values[row]),
                BatchColumn<string> values => statement.Bind(parameter, values.Values[row]),
                BatchColumn<byte[]> values => statement.Bind(parameter, values.Values[row].AsSpan()),
                BatchColumn<DateOnly> values => statement.Bind(parameter, SqliteDialect.Text(values.Values[row])),
                NumberColumns values => Bind(statement, parameter, values.Row(row), before < 0 ? [] : values.Row(before)),
                _ => throw new ArgumentOutOfRangeException(nameof(columns), column, "No parameter holds such a column."),
            };
            parameter++;
        }
    }

    private static SqliteStatement Bind(SqliteStatement statement, int first, ReadOnlySpan<long> numbers, ReadOnlySpan<long> bound)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            if (bound.IsEmpty || bound[i] != numbers[i])
            {
                statement.Bind(first + i, numbers[i]);
            }
        }

        return statement;
    }

    [GeneratedRegex(
        @"\s*=\s*ANY\s*\(\s*@keys\s*(::\s*\w+\s*\[\s*\]\s*)?\)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnyKeys();
}

/// <summary>Compares the epochs of a batch of writes with those in force, in the batch's own transaction; asks once a Partition.</summary>
internal sealed class SqliteFence(SqliteSession session)
{
    private readonly Dictionary<int, long> _epochs = [];

    /// <summary>The Partitions that were met under a stale epoch.</summary>
    public List<int> Stale { get; } = [];

    /// <summary>Whether a Partition's Epoch is the current one; notes the Partition where it is not.</summary>
    public bool Admits(int partition, long epoch)
    {
        if (!_epochs.TryGetValue(partition, out long current))
        {
            using SqliteStatement select = session.Use("SELECT epoch FROM dataload_partition WHERE partition_id = ?1");
            current = select.Bind(1, partition).Scalar(fallback: -1);
            _epochs.Add(partition, current);
        }

        if (current != epoch && !Stale.Contains(partition))
        {
            Stale.Add(partition);
        }

        return current == epoch;
    }
}

/// <summary>How a <see cref="SqliteDatabase"/> uses its file.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>How long a call waits for another process before it fails with SQLITE_BUSY; default 5 s. Short: more retries. Long: noticed later.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many connections read at a time, beside the one that writes; default 4, 1 to 64.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>The page cache of each connection in KiB; default 16384, 64 and up.</summary>
    public int CacheKiB { get; init; } = 16 * 1024;

    /// <summary>How many pages the write-ahead log gathers between checkpoints; default 4000 (16 MB), 1 and up. Many: steadier commits, a longer log.</summary>
    public int WalCheckpointPages { get; init; } = 4000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="StoreException">A property is out of range; the message names it.</exception>
    public SqliteStoreOptions Validate()
    {
        Require(BusyTimeout >= TimeSpan.Zero && BusyTimeout <= TimeSpan.FromHours(1), nameof(BusyTimeout), BusyTimeout, "0 to 1 hour");
        Require(ReadConnections is >= 1 and <= 64, nameof(ReadConnections), ReadConnections, "1 to 64");
        Require(CacheKiB >= 64, nameof(CacheKiB), CacheKiB, "64 and up");
        Require(WalCheckpointPages >= 1, nameof(WalCheckpointPages), WalCheckpointPages, "1 and up");
        return this;
    }

    private static void Require(bool holds, string property, object value, string range)
    {
        if (!holds)
        {
            throw new StoreException($"The SQLite store's {property} is {value}; it must be {range}.");
        }
    }
}
