using System.Collections.Concurrent;
using DataLoad.Engine.Scheduling;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The connections to a file: one that writes, behind a gate, and some that read.</summary>
/// <remarks>SQLite blocks, and its driver with it, so every call runs on the thread pool, a whole batch at a time.</remarks>
internal sealed class SqliteConnections(SqliteFile file, SqliteStoreOptions options, bool isForReading) : IAsyncDisposable
{
    private readonly SemaphoreSlim _writeGate = new(1, 1);
    private readonly SemaphoreSlim _readGate = new(options.ReadConnections, options.ReadConnections);
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private SqliteSession? _writer;
    private volatile bool _disposed;

    public SqliteFile File => file;

    /// <summary>Makes the file, where it is not there, and its directory.</summary>
    public async ValueTask CreateAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await EnterAsync(_writeGate, cancellationToken);
        await Task.Run(Create, cancellationToken);
    }

    /// <summary>Runs work in one transaction that is durable when this returns, and undone where the work throws.</summary>
    public async ValueTask<T> WriteAsync<T>(Func<SqliteSession, Task<T>> work, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await EnterAsync(_writeGate, cancellationToken);
        return await Task.Run(() => RunWriteAsync(work), cancellationToken);
    }

    /// <summary>Moves what is in the write-ahead log into the file, as far as nobody reads older.</summary>
    public async ValueTask CheckpointAsync(CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await EnterAsync(_writeGate, cancellationToken);
        await Task.Run(() => _writer?.Run("PRAGMA wal_checkpoint(FULL)"), cancellationToken);
    }

    /// <summary>Runs work that only reads, all of it at one moment of the database.</summary>
    public async ValueTask<T> ReadAsync<T>(Func<SqliteSession, Task<T>> work, CancellationToken cancellationToken)
    {
        using SemaphoreHold hold = await EnterAsync(_readGate, cancellationToken);
        return await Task.Run(() => RunReadAsync(work), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _writeGate.WaitAsync();
        for (int i = 0; i < options.ReadConnections; i++)
        {
            await _readGate.WaitAsync();
        }

        while (_readers.TryTake(out SqliteSession? reader))
        {
            reader.Dispose();
        }

        // Last, since the last connection to close moves the write-ahead log into the database.
        _writer?.Dispose();
        _writer = null;

        // Whoever waits at a gate is let in, to find the store closed.
        _writeGate.Release();
        _readGate.Release(options.ReadConnections);
    }

    private async ValueTask<SemaphoreHold> EnterAsync(SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SemaphoreHold hold = await SemaphoreHold.TakeAsync(gate, cancellationToken);
        if (_disposed)
        {
            hold.Dispose();
            throw new ObjectDisposedException(file.Path);
        }

        return hold;
    }

    private void Create()
    {
        if (_writer is not null)
        {
            return;
        }

        string? directory = Path.GetDirectoryName(file.Path);
        try
        {
            Directory.CreateDirectory(directory ?? ".");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The directory {directory} of the SQLite database cannot be made: {e.Message} Make it, or name another one.", e);
        }

        _writer = SqliteSession.Open(file, options, SqliteOpenMode.ReadWriteCreate, readOnly: false);
    }

    private Task<T> RunWriteAsync<T>(Func<SqliteSession, Task<T>> work)
    {
        SqliteSession session = _writer ?? SqliteSession.Open(file, options, SqliteOpenMode.ReadWrite, readOnly: false);
        _writer = null;
        return TransactAsync(session, "BEGIN IMMEDIATE", work, used => _writer = used);
    }

    private Task<T> RunReadAsync<T>(Func<SqliteSession, Task<T>> work)
    {
        if (!_readers.TryTake(out SqliteSession? session))
        {
            session = SqliteSession.Open(file, options, isForReading ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWrite, readOnly: true);
        }

        return TransactAsync(session, "BEGIN", work, _readers.Add);
    }

    /// <summary>Runs work in a transaction; the session is kept for the next call where it may be used again.</summary>
    private static async Task<T> TransactAsync<T>(SqliteSession session, string begin, Func<SqliteSession, Task<T>> work, Action<SqliteSession> keep)
    {
        try
        {
            Execute(session, begin);
            T result = await work(session);
            Execute(session, "COMMIT");
            keep(session);
            return result;
        }
        catch (Exception e)
        {
            if (TryRollBack(session) && !IsBroken(e))
            {
                keep(session);
            }
            else
            {
                session.Dispose();
            }

            throw;
        }
    }

    private static void Execute(SqliteSession session, string sql)
    {
        using SqliteStatement statement = session.Use(sql);
        statement.Execute();
    }

    private static bool TryRollBack(SqliteSession session)
    {
        // Some errors have undone the transaction already.
        if (!session.InTransaction)
        {
            return true;
        }

        try
        {
            Execute(session, "ROLLBACK");
            return true;
        }
        catch (SqliteException)
        {
            // The connection is closed by the caller, which undoes the transaction too.
            return false;
        }
    }

    /// <summary>After an error of the file itself a new connection is a fresh look at it.</summary>
    private static bool IsBroken(Exception e) => e is SqliteException
    {
        SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY,
    };
}

/// <summary>The file of a database, from a path or a connection string.</summary>
internal sealed class SqliteFile
{
    private readonly string? _connectionString;

    static SqliteFile() => Batteries_V2.Init();

    /// <summary>Reads a path or a connection string (one with <c>Data Source=</c>).</summary>
    /// <exception cref="StoreException">It names no file.</exception>
    public SqliteFile(string pathOrConnectionString)
    {
        string path = pathOrConnectionString;
        if (IsConnectionString(pathOrConnectionString))
        {
            try
            {
                var builder = new SqliteConnectionStringBuilder(pathOrConnectionString);
                path = builder.Mode == SqliteOpenMode.Memory ? "" : builder.DataSource;
                _connectionString = pathOrConnectionString;
            }
            catch (ArgumentException e)
            {
                throw new StoreException($"The SQLite connection string cannot be read: {e.Message} Write it as 'Data Source=/path/dataload.db'.", e);
            }
        }

        if (path.Length == 0 || path.StartsWith(":memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new StoreException("A SQLite store needs a file, not memory; name one, as in 'Data Source=/path/dataload.db'.");
        }

        Path = System.IO.Path.GetFullPath(path);
    }

    public string Path { get; }

    /// <summary>The file's name behind all links, so that one file has one lock.</summary>
    public string RealPath => File.Exists(Path) ? File.ResolveLinkTarget(Path, returnFinalTarget: true)?.FullName ?? Path : Path;

    /// <summary>The file whose lock says which process owns the database under this name.</summary>
    public string LockPath => RealPath + ".lock";

    /// <summary>The file of the journal that belongs to a store's: <c>store.db</c> has <c>store-journal.db</c> beside it.</summary>
    public SqliteFile Journal => new(System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(RealPath) ?? ".",
        $"{System.IO.Path.GetFileNameWithoutExtension(RealPath)}-journal{System.IO.Path.GetExtension(RealPath)}"));

    public bool Exists => File.Exists(Path);

    /// <summary>What to do about an error that retrying does not help, or null for others.</summary>
    public static string? Explain(SqliteException e) => e.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB => "The file is not a SQLite database; name another one, or restore it from a backup.",
        raw.SQLITE_CORRUPT => "The file is damaged; restore it from a backup.",
        raw.SQLITE_CANTOPEN => "Check that the directory exists and that the user of this process may read and write file and directory.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "Let the user of this process write the file and its directory.",
        _ => null,
    };

    /// <summary>The connection string for a mode. A pool would keep the file open after the store is closed.</summary>
    /// <remarks>The driver's own waiting (1 s, 0 would be endless) comes on top of SQLite's busy timeout.</remarks>
    public string ConnectionString(SqliteOpenMode mode) =>
        new SqliteConnectionStringBuilder(_connectionString ?? "") { DataSource = Path, Mode = mode, Pooling = false, DefaultTimeout = 1 }.ConnectionString;

    private static bool IsConnectionString(string text) =>
        text.Contains("Data Source=", StringComparison.OrdinalIgnoreCase)
        || text.Contains("DataSource=", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Filename=", StringComparison.OrdinalIgnoreCase);
}
