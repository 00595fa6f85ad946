using System.Collections.Concurrent;
using System.Data.Common;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.DataProvider.PostgreSQL;
using LinqToDB.Interceptors;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>A PostgreSQL database (12 or later). Tables are found and made by the connection's <c>search_path</c>.</summary>
/// <remarks>What goes wrong is an <see cref="NpgsqlException"/>, whose <see cref="NpgsqlException.IsTransient"/> says whether to retry.</remarks>
public sealed class PostgreSqlDatabase : SqlDatabase
{
    private readonly PostgreSqlStoreOptions _options;
    private readonly NpgsqlConnectionStringBuilder _connection;
    private readonly PostgreSqlPool _pool;
    private readonly DataOptions _data;
    private readonly PostgreSqlNumerics _numerics = new();

    private PostgreSqlDatabase(PostgreSqlStoreOptions options, string settings, TargetSessionAttributes target)
    {
        _options = options.Validate();
        _connection = PostgreSqlConnectionString.Parse(options.ConnectionString);
        Name = PostgreSqlConnectionString.NameOf(_connection);
        _connection.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        _connection.MaxPoolSize = options.MaxConnections;
        _connection.MinPoolSize = Math.Min(_connection.MinPoolSize, options.MaxConnections);
        string given = string.IsNullOrEmpty(_connection.ApplicationName) ? PostgreSqlNodeName.None : _connection.ApplicationName;
        _connection.ApplicationName = options.NodeId is { } node ? PostgreSqlNodeName.ApplicationName(node) : given;
        _pool = PostgreSqlPool.Open(_connection, settings, target, options.PrepareStatements);
        _data = new DataOptions().UseConnectionFactory(PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v95), _ => _pool.Source.CreateConnection());
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override JournalConnection JournalConnection => new(
        ProviderName.PostgreSQL15,
        PostgreSqlPool.SetUp(_connection, PostgreSqlPool.WriterSettings, _options.PrepareStatements).ConnectionString,
        PostgreSqlPool.SetUp(_connection, PostgreSqlPool.ReaderSettings, _options.PrepareStatements).ConnectionString);

    internal override SqlDialect Dialect { get; } = new PostgreSqlDialect();

    /// <summary>Makes a database for a store, without connecting.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public static PostgreSqlDatabase ForStore(PostgreSqlStoreOptions options) => new(options, PostgreSqlPool.WriterSettings, TargetSessionAttributes.Primary);

    /// <summary>Makes a database that is only read: its sessions are read-only, whatever a query says and the role may.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public static PostgreSqlDatabase ForReading(PostgreSqlStoreOptions options) => new(options, PostgreSqlPool.ReaderSettings, TargetSessionAttributes.Any);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _pool.DisposeAsync();

    internal override async ValueTask<T> ReadAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var db = new DataConnection(_data);
        return await work(db, cancellationToken);
    }

    internal override ValueTask<T> ChangeAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        ReadAsync(work, cancellationToken);

    internal override async ValueTask<T> TransactAsync<T>(Func<DataConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var db = new DataConnection(_data);
        await using DataConnectionTransaction transaction = await db.BeginTransactionAsync(cancellationToken);
        T result = await work(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    internal override async ValueTask<(IReadOnlyList<int> Stale, int Changed)> WriteRowsAsync(
        IReadOnlyList<RowStatement> statements, bool isExclusive, CancellationToken cancellationToken)
    {
        if (statements.Count == 0)
        {
            return ([], 0);
        }

        await using var db = new DataConnection(_data);
        var connection = (NpgsqlConnection)await db.OpenDbConnectionAsync(cancellationToken);
        await using NpgsqlBatch batch = connection.CreateBatch();
        (int, long)[] fenced = [.. statements.SelectMany(statement => statement.Rows.Partitions.Zip(statement.Rows.Epochs)).Distinct()];
        if (fenced.Length > 0)
        {
            batch.BatchCommands.Add(PostgreSqlFence.Command(fenced, isExclusive));
        }

        foreach (RowStatement statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Text);
            foreach (BatchColumn column in statement.Rows.Columns)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = column.Array });
            }

            batch.BatchCommands.Add(command);
        }

        IReadOnlyList<int> stale = [];
        await using (NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            if (fenced.Length > 0)
            {
                await reader.ReadAsync(cancellationToken);
                stale = await reader.GetFieldValueAsync<int[]>(0, cancellationToken);
            }

            while (await reader.NextResultAsync(cancellationToken))
            {
                // Errors of later statements come up here.
            }
        }

        return (stale, ((IList<NpgsqlBatchCommand>)batch.BatchCommands).Skip(fenced.Length > 0 ? 1 : 0).Sum(command => (int)command.Rows));
    }

    internal override async ValueTask QueryAsync(
        string query, ReadOnlyMemory<int> keys, Func<DbDataReader, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        await using var db = new DataConnection(_data);
        var parameter = new DataParameter("keys", keys.ToArray());
        while (true)
        {
            bool[]? asText = _numerics.Of(query);
            if (asText is not null)
            {
                db.OnNextCommandInitialized((_, command) => PostgreSqlNumerics.ReadAsText(command, asText));
            }

            string statement = asText is null ? query : PostgreSqlNumerics.StatementOf(query, asText);
            await using DataReaderAsync reader = await db.ExecuteReaderAsync(statement, cancellationToken, parameter);
            if (!_numerics.Learn(query, reader.Reader!, asText))
            {
                await read(reader.Reader!, cancellationToken);
                return;
            }
        }
    }

    internal override INodeStore MakeNodes() => new PostgreSqlNodeStore(_connection, _pool.Source, _options);
}

/// <summary>Which columns of which query are of type numeric. Learned at a query's first run.</summary>
/// <remarks>Their values have more digits than any type of .NET: they are asked for as text, so that an amount is judged by its value.</remarks>
internal sealed class PostgreSqlNumerics
{
    // Bounded by the settings: one for each step of each stream.
    private readonly ConcurrentDictionary<string, bool[]> _columns = new(StringComparer.Ordinal);

    /// <summary>The columns of a query that are read as text, or null where there are none or they are not known.</summary>
    public bool[]? Of(string query) => _columns.GetValueOrDefault(query);

    /// <summary>Notes a result's columns; true where the query is to be run again, since the result came with other columns as text.</summary>
    /// <remarks>
    /// What another run has noted meanwhile says nothing of this result: in a session that has the statement prepared for text, Npgsql takes the binary values
    /// of a run that asked for none for text.
    /// </remarks>
    public bool Learn(string query, DbDataReader reader, bool[]? asText)
    {
        bool[] found = [.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetDataTypeName(i).StartsWith("numeric", StringComparison.Ordinal))];
        if (asText is null ? !found.Contains(true) : asText.AsSpan().SequenceEqual(found))
        {
            return false;
        }

        _columns[query] = found;
        return true;
    }

    /// <summary>The query as a statement of its own. Npgsql keeps with a statement that a session has prepared how its columns came, by its text: where one was
    /// prepared for other columns as text, by a run that failed as well, it would take text for binary values.</summary>
    public static string StatementOf(string query, bool[] asText) => $"/* as text: {string.Concat(asText.Select(isText => isText ? '1' : '0'))} */ {query}";

    public static DbCommand ReadAsText(DbCommand command, bool[] columns)
    {
        ((NpgsqlCommand)command).UnknownResultTypeList = columns;
        return command;
    }
}

/// <summary>How a <see cref="PostgreSqlDatabase"/> is reached.</summary>
public sealed record PostgreSqlStoreOptions
{
    /// <summary>Where it is: <c>postgresql://user:password@host:port/database?sslmode=require</c>, or Npgsql's own <c>Host=…;Username=…</c>.</summary>
    /// <remarks>PostgreSQL itself or a pooler that keeps sessions: leases rest on a session's advisory lock.</remarks>
    public required string ConnectionString { get; init; }

    /// <summary>The node that the store acts for, or null for a command that only reads.</summary>
    /// <remarks>Its sessions bear the node's name, so that whoever takes its leases over can end them.</remarks>
    public string? NodeId { get; init; }

    /// <summary>How long a call may take; at least 1 s. Low: a busy server fails calls that would work. High: a hang is noticed late.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The most connections that are open at once, beside the one that holds the node's lease; 2 to 1000.</summary>
    /// <remarks>Low: flushes, snapshots and queries wait for each other. High: the server's own limit is met sooner.</remarks>
    public int MaxConnections { get; init; } = 16;

    /// <summary>Whether the server keeps statements prepared, which saves planning them anew. False behind a pooler that switches sessions.</summary>
    public bool PrepareStatements { get; init; } = true;

    /// <summary>Checks the values.</summary>
    /// <exception cref="StoreException">A value is out of its range; the message names it.</exception>
    public PostgreSqlStoreOptions Validate() =>
        CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromHours(1)
            ? throw new StoreException($"{nameof(CommandTimeout)} is {CommandTimeout}; give it a second to an hour.")
            : MaxConnections is < 2 or > 1000
                ? throw new StoreException($"{nameof(MaxConnections)} is {MaxConnections}; give it 2 to 1000.")
                : this;
}
