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
