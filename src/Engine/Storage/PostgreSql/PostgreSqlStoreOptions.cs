namespace DataLoad.Engine.Storage.PostgreSql;

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
