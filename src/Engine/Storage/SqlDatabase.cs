using System.Data.Common;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>One database: how it is reached, and how work runs on it. A further one is a class of this kind and its <see cref="SqlDialect"/>.</summary>
/// <remarks>Calls may run at the same time. None is retried here: what the database or the network does wrong is the driver's exception.</remarks>
public abstract class SqlDatabase : IAsyncDisposable
{
    /// <summary>A name for messages, without secrets, as in <c>PostgreSQL 127.0.0.1:5432/dataload</c>.</summary>
    public abstract string Name { get; }

    /// <summary>How Akka.Persistence.Sql reaches the journal that belongs to this store.</summary>
    public abstract JournalConnection JournalConnection { get; }

    internal abstract SqlDialect Dialect { get; }

    /// <summary>Whether the database is there at all; false only where asking would have to make it.</summary>
    internal virtual bool Exists => true;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Makes the database where it is not there, and the program may.</summary>
    internal virtual ValueTask CreateAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Runs work that only reads.</summary>
    internal abstract ValueTask<T> ReadAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs work of one statement that changes something: durable when this returns, in a transaction of its own.</summary>
    internal abstract ValueTask<T> ChangeAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs work in one transaction that is durable when this returns, and undone where the work throws.</summary>
    internal abstract ValueTask<T> TransactAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>
    /// Runs statements for their rows in one transaction, in one round trip. Fenced rows of a stale Epoch are left out: the rows of their Partitions are
    /// locked first, in order, so that two writers cannot wait for each other, and an Epoch that is compared cannot change before the commit. Exclusive
    /// are statements that change the Partitions' rows themselves.
    /// </summary>
    /// <returns>The Partitions whose Epoch is stale, and how many rows the statements changed.</returns>
    internal abstract ValueTask<(IReadOnlyList<int> Stale, int Changed)> WriteRowsAsync(
        IReadOnlyList<RowStatement> statements, bool isExclusive, CancellationToken cancellationToken);

    /// <summary>The database that holds the journal: this one, or one of its own beside it.</summary>
    internal virtual SqlDatabase Journal => this;

    /// <summary>One trivial round trip, for health.</summary>
    internal virtual async ValueTask PingAsync(CancellationToken cancellationToken) =>
        await ReadAsync((db, token) => db.ExecuteAsync<long>(Dialect.Ping, token), cancellationToken);

    /// <summary>Runs a query with an array of keys as <c>@keys</c>, in one round trip, and has its rows read.</summary>
    internal abstract ValueTask QueryAsync(
        string query, ReadOnlyMemory<int> keys, Func<DbDataReader, CancellationToken, ValueTask> read, CancellationToken cancellationToken);

    /// <summary>Why the database is in use in a way that the node store cannot tell; null where it is not. Asked before anything else is read.</summary>
    internal virtual ValueTask<string?> FindOtherUseAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <summary>Why the server, or what stands before it, cannot keep what is promised, with the remedy; null where it can.</summary>
    internal virtual ValueTask<string?> FindUnfitAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <summary>What is worth knowing of the server, a sentence each, though it can be used.</summary>
    internal virtual ValueTask<IReadOnlyList<string>> FindWarningsAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Who runs over the store.</summary>
    internal abstract INodeStore MakeNodes();
}

/// <summary>How a database is reached by linq2db and what builds on it.</summary>
/// <param name="ProviderName">linq2db's name of the database, as in <c>PostgreSQL.15</c>.</param>
/// <param name="ConnectionString">The connection string, secrets included; never logged.</param>
/// <param name="ReadingConnectionString">The same for who only reads.</param>
public sealed record JournalConnection(string ProviderName, string ConnectionString, string ReadingConnectionString);
