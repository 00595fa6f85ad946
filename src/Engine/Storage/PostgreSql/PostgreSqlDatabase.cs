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
    private readonly PostgreSqlTextColumns _textColumns = new();
    private readonly TargetSessionAttributes _target;
    private readonly bool _isStore;

    private readonly string _transactionSettings;

    // Of the server that answered last; the journal's own sessions start with it.
    private volatile string _newerSettings = "";

    private PostgreSqlDatabase(PostgreSqlStoreOptions options, bool isStore)
    {
        _options = options.Validate();
        _isStore = isStore;
        _target = isStore ? TargetSessionAttributes.Primary : TargetSessionAttributes.Any;
        _connection = PostgreSqlConnectionString.Parse(options.ConnectionString);
        Name = PostgreSqlConnectionString.NameOf(_connection);
        _connection.CommandTimeout = (int)Math.Ceiling(options.CommandTimeout.TotalSeconds);
        _connection.MaxPoolSize = options.MaxConnections;
        _connection.MinPoolSize = Math.Min(_connection.MinPoolSize, options.MaxConnections);
        string given = string.IsNullOrEmpty(_connection.ApplicationName) ? PostgreSqlNodeName.None : _connection.ApplicationName;
        _connection.ApplicationName = options.NodeId is { } node ? PostgreSqlNodeName.ApplicationName(node) : given;
        string settings = isStore ? PostgreSqlPool.WriterSettings : KeepsNoSession ? "" : PostgreSqlPool.LookupSettings(options.CommandTimeout);
        _transactionSettings = PostgreSqlPool.LookupTransaction(options.CommandTimeout);
        _pool = PostgreSqlPool.Open(_connection, settings, _target, options.PrepareStatements);
        _data = new DataOptions().UseConnectionFactory(PostgreSQLTools.GetDataProvider(PostgreSQLVersion.v95), _ => _pool.Source.CreateConnection());
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override JournalConnection JournalConnection => new(
        ProviderName.PostgreSQL15,
        PostgreSqlPool.SetUp(_connection, $"{PostgreSqlPool.WriterSettings} {_newerSettings}".TrimEnd(), _options.PrepareStatements).ConnectionString,
        PostgreSqlPool.SetUp(_connection, $"{PostgreSqlPool.ReaderSettings} {_newerSettings}".TrimEnd(), _options.PrepareStatements).ConnectionString);

    internal override SqlDialect Dialect { get; } = new PostgreSqlDialect();

    /// <summary>Whether nothing is set, prepared or kept in a session, which may be another's with the next transaction.</summary>
    private bool KeepsNoSession => !_isStore && !_options.PrepareStatements;

    /// <summary>Makes a database for a store, without connecting.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public static PostgreSqlDatabase ForStore(PostgreSqlStoreOptions options) => new(options, isStore: true);

    /// <summary>Makes a database that is only read: its sessions are read-only, whatever a query says and the role may.</summary>
    /// <exception cref="StoreException">An option is out of its range, or the connection string cannot be read.</exception>
    public static PostgreSqlDatabase ForReading(PostgreSqlStoreOptions options) => new(options, isStore: false);

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

    internal override async ValueTask<string?> FindUnfitAsync(CancellationToken cancellationToken)
    {
        await using PostgreSqlPool plain = OpenPlain();
        var probe = new PostgreSqlProbe(plain.Source, _pool.Source, Name);
        string? unfit = _isStore ? await probe.FindUnfitStoreAsync(cancellationToken)
            : await probe.FindUnfitLookupAsync(!KeepsNoSession, cancellationToken);
        if (unfit is null)
        {
            await using NpgsqlConnection connection = await _pool.Source.OpenConnectionAsync(cancellationToken);
            _newerSettings = PostgreSqlPool.NewerSettings(connection.PostgreSqlVersion);
        }

        return unfit;
    }

    internal override async ValueTask<IReadOnlyList<string>> FindWarningsAsync(CancellationToken cancellationToken)
    {
        if (KeepsNoSession)
        {
            return [];
        }

        await using PostgreSqlPool plain = OpenPlain();
        int connections = _isStore ? (2 * _options.MaxConnections) + 1 : _options.MaxConnections;
        return await new PostgreSqlProbe(plain.Source, _pool.Source, Name).FindWarningsAsync(connections, _isStore, cancellationToken);
    }

    internal override async ValueTask QueryAsync(
        string query, ReadOnlyMemory<int> keys, Func<DbDataReader, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        var parameter = new DataParameter("keys", keys.ToArray());
        await OnceMoreAsync(
            async token =>
            {
                await using var db = new DataConnection(_data);
                if (!KeepsNoSession)
                {
                    await QueryAsync(db, query, parameter, read, token);
                    return;
                }

                await using DataConnectionTransaction transaction = await db.BeginTransactionAsync(token);
                await db.ExecuteAsync(_transactionSettings, token);
                await QueryAsync(db, query, parameter, read, token);
                await transaction.CommitAsync(token);
            },
            cancellationToken);
    }

    internal override async ValueTask PingAsync(CancellationToken cancellationToken) =>
        await OnceMoreAsync(async token => await base.PingAsync(token), cancellationToken);

    /// <summary>Runs what only reads, and once more at once where its session turns out to have been cut while it was idle.</summary>
    /// <remarks>Whatever cut it (a pooler, a firewall, an operator) cut those beside it in the pool too, it seems; each would fail a call.</remarks>
    private async Task OnceMoreAsync(Func<CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        try
        {
            await read(cancellationToken);
        }
        catch (NpgsqlException e) when (PostgreSqlPool.IsOfTheSession(e) && !cancellationToken.IsCancellationRequested)
        {
            _pool.Source.Clear();
            await read(cancellationToken);
        }
    }

    private PostgreSqlPool OpenPlain() => PostgreSqlPool.Open(
        new NpgsqlConnectionStringBuilder(_connection.ConnectionString) { Pooling = false }, settings: "", _target, prepare: false);

    private async Task QueryAsync(
        DataConnection db, string query, DataParameter keys, Func<DbDataReader, CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool[]? asText = _textColumns.Of(query);
            if (asText is not null)
            {
                db.OnNextCommandInitialized((_, command) => PostgreSqlTextColumns.ReadAsText(command, asText));
            }

            string statement = asText is null ? query : PostgreSqlTextColumns.StatementOf(query, asText);
            await using DataReaderAsync reader = await db.ExecuteReaderAsync(statement, cancellationToken, keys);
            if (!_textColumns.Learn(query, reader.Reader!, asText))
            {
                await read(reader.Reader!, cancellationToken);
                return;
            }
        }
    }

    internal override INodeStore MakeNodes() => new PostgreSqlNodeStore(_connection, _pool.Source, _options);
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

    /// <summary>Whether the server keeps statements prepared, which saves planning them anew. False behind a pooler that switches sessions: of a database that
    /// is only read nothing else is kept in a session then either.</summary>
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
