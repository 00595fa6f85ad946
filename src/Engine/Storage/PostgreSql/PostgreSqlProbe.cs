using System.Globalization;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Asks a server what decides whether it, and what may stand before it, keeps what is promised. Changes nothing.</summary>
/// <param name="plain">Sessions that nothing is set in, unpooled: what the role, the database and the server say, and nothing of it left in a pooler.</param>
/// <param name="set">Sessions as the engine sets them up.</param>
/// <param name="name">The database's name, for messages.</param>
internal sealed class PostgreSqlProbe(NpgsqlDataSource plain, NpgsqlDataSource set, string name)
{
    /// <summary>The first key of the locks that are taken to see whether sessions are kept.</summary>
    private const int LockClass = 7_233_190;

    private const string StoreRemedy = "name PostgreSQL itself in dataload.store.connection, or a pooler in session mode";
    private const string OptionsOfStoreRemedy = StoreRemedy + " that ignores it (ignore_startup_parameters)";
    private const string LookupRemedy =
        "set dataload.business.prepare-statements = false, with which nothing is kept in a session, or name PostgreSQL itself in dataload.business.connection";

    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(5);
    private static readonly string[] TimeOuts = ["statement_timeout", "lock_timeout", "idle_session_timeout", "transaction_timeout"];

    /// <summary>Why the store cannot be kept here, with the remedy; null where it can.</summary>
    public async Task<string?> FindUnfitStoreAsync(CancellationToken cancellationToken)
    {
        try
        {
            PostgreSqlFacts facts = await ReadAsync(plain, cancellationToken);
            if (facts.IsStandby)
            {
                return $"{name} is a hot standby (a read replica), where nothing can be written: name the primary in dataload.store.connection.";
            }

            // For the whole server it is a state that passes, as for maintenance, and is waited for.
            if (facts.Is("default_transaction_read_only") && facts.IsSetForRoleOrDatabase("default_transaction_read_only"))
            {
                return $"{name}: default_transaction_read_only = on, {facts.SourceOf("default_transaction_read_only")}, so that nothing can be written: "
                    + "turn it off for the store's role and database.";
            }

            if (facts.IsBehindPooler && !await KeepsSessionsAsync(cancellationToken))
            {
                return $"A connection pooler stands before {name} and gives each transaction another session (pool_mode transaction or statement), while the "
                    + $"store's locks live in a session: {StoreRemedy}.";
            }

            PostgreSqlFacts inForce = await ReadAsync(set, cancellationToken);
            string[] wrong = [
                .. inForce["synchronous_commit"] is "off" ? ["synchronous_commit = off"] : Array.Empty<string>(),
                .. inForce["default_transaction_isolation"] is "read committed" ? Array.Empty<string>()
                    : [$"default_transaction_isolation = {inForce["default_transaction_isolation"]}"],
            ];
            return wrong.Length == 0 ? null
                : $"{name}: {string.Join(", ", wrong)} for the role or the database, and what stands before it (a connection pooler) keeps the store from "
                    + "setting it otherwise: name PostgreSQL itself in dataload.store.connection, or reset it (ALTER ROLE … RESET, ALTER DATABASE … RESET).";
        }
        catch (Exception e) when (OfPooler(e, OptionsOfStoreRemedy) is { } refused)
        {
            return refused;
        }
    }

    /// <summary>Why business rows cannot be read here, with the remedy; null where they can.</summary>
    /// <param name="keepsSession">Whether anything is set, prepared or kept in a session.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<string?> FindUnfitLookupAsync(bool keepsSession, CancellationToken cancellationToken)
    {
        try
        {
            PostgreSqlFacts facts = await ReadAsync(plain, cancellationToken);
            if (!keepsSession || !facts.IsBehindPooler)
            {
                return null;
            }

            string? why = !await KeepsSessionsAsync(cancellationToken) ? "gives each transaction another session (pool_mode transaction or statement)"
                : !(await ReadAsync(set, cancellationToken)).Is("default_transaction_read_only") ? "drops what sessions are to start with, that they only read"
                : null;
            return why is null ? null : $"A connection pooler stands before {name} and {why}: {LookupRemedy}.";
        }
        catch (Exception e) when (OfPooler(e, LookupRemedy) is { } refused)
        {
            return refused;
        }
    }

    /// <summary>What is worth knowing of where a store is kept: what is not promised there, what sessions set otherwise, what may run out.</summary>
    /// <param name="connections">How many connections a node opens at the most.</param>
    /// <param name="isStore">Whether it is a store, rather than a business database.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<IReadOnlyList<string>> FindWarningsAsync(int connections, bool isStore, CancellationToken cancellationToken)
    {
        PostgreSqlFacts facts = await ReadAsync(plain, cancellationToken);
        PostgreSqlFacts inForce = await ReadAsync(set, cancellationToken);
        List<string> warnings = [];
        if (isStore && !facts.Is("fsync"))
        {
            warnings.Add($"{name}: fsync = off. What was counted and acknowledged is lost where the server's machine crashes or its power is cut, and the "
                + "database with it: no promise holds then. Turn fsync on.");
        }

        if (isStore && !facts.Is("full_page_writes"))
        {
            warnings.Add($"{name}: full_page_writes = off. A crash of the server's machine in the middle of a write may damage what is stored: no promise "
                + "holds then. Turn it on, unless the file system never writes a page in part.");
        }

        if (isStore && facts["synchronous_commit"] is "off" && inForce["synchronous_commit"] is not "off")
        {
            warnings.Add($"{name}: synchronous_commit = off, {facts.SourceOf("synchronous_commit")}; the node's sessions commit synchronously all the same.");
        }

        foreach (string timeOut in TimeOuts.Where(timeOut => facts[timeOut] is not (null or "0")))
        {
            warnings.Add(
                $"{name}: {timeOut} = {facts[timeOut]} ms, {facts.SourceOf(timeOut)}; the node's sessions "
                + (string.Equals(facts[timeOut], inForce[timeOut], StringComparison.Ordinal) ? "cannot set it otherwise: calls may fail by it."
                    : inForce[timeOut] is "0" ? "set it to 0, so that it ends none of their calls."
                    : $"set it to {inForce[timeOut]} ms."));
        }

        string needed = isStore ? "twice dataload.store.max-connections and 1" : "dataload.business.max-connections";
        warnings.AddRange(facts.ConnectionLimits.Where(limit => limit.Granted < connections).Select(limit =>
            $"{name}: a node opens up to {connections} connections here ({needed}), and {limit.Name} grants {limit.Granted}, to all together: calls that get "
            + $"none fail and are tried again. Raise {limit.Name}, or lower the former."));
        return warnings;
    }

    /// <summary>What a pooler says that refuses a session for how it was to start.</summary>
    private string? OfPooler(Exception e, string remedy) =>
        e is not PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation } refused
            || !refused.MessageText.Contains("startup parameter", StringComparison.Ordinal) ? null
        : $"A connection pooler stands before {name} and refuses ({refused.MessageText}): "
            + (refused.MessageText.EndsWith("options", StringComparison.Ordinal) ? $"{remedy}."
                : "take that out of the connection string (ALTER ROLE … SET does as well), or have the pooler ignore it (ignore_startup_parameters).");

    /// <summary>Whether what is locked in a session stays locked while it is open and idle, and no longer.</summary>
    /// <remarks>By what the store rests on rather than by what a pooler says: in transaction mode the lock outlives who took it, in a session of another,
    /// and where the pooler resets that one after each transaction it is gone too soon.</remarks>
    private async Task<bool> KeepsSessionsAsync(CancellationToken cancellationToken)
    {
        string key = string.Create(CultureInfo.InvariantCulture, $"{LockClass}, {Random.Shared.Next(1, int.MaxValue)}");
        await using NpgsqlConnection watcher = await plain.OpenConnectionAsync(cancellationToken);
        int session;
        bool isKept;
        await using (NpgsqlConnection holder = await plain.OpenConnectionAsync(cancellationToken))
        {
            await using var take = new NpgsqlCommand($"SELECT pg_backend_pid() FROM pg_advisory_lock({key})", holder);
            session = (int)(await take.ExecuteScalarAsync(cancellationToken))!;
            isKept = await WatchAsync(watcher, session, key, cancellationToken) is { IsItself: false, IsLocked: true };
        }

        long start = TimeProvider.System.GetTimestamp();
        for (int wait = 1; isKept && (await WatchAsync(watcher, session, key, cancellationToken)).IsLocked; wait *= 2)
        {
            await Task.Delay(wait, cancellationToken);
            isKept = TimeProvider.System.GetElapsedTime(start) < ReleaseLimit;
        }

        if (!isKept)
        {
            // Most often it is the session that this one gets again.
            await using var release = new NpgsqlCommand($"SELECT pg_advisory_unlock({key}) WHERE pg_backend_pid() = {session}", watcher);
            await release.ExecuteNonQueryAsync(cancellationToken);
        }

        return isKept;
    }

    private static async Task<(bool IsItself, bool IsLocked)> WatchAsync(NpgsqlConnection watcher, int session, string key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT pg_backend_pid() = {session}, EXISTS (
                SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = {session} AND (classid, objid, objsubid) = ({key}, 2))
            """,
            watcher);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetBoolean(0), reader.GetBoolean(1));
    }

    private static async Task<PostgreSqlFacts> ReadAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PostgreSqlFacts.Sql, connection);
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var facts = new PostgreSqlFacts
        {
            IsBehindPooler = reader.GetInt32(0) != connection.ProcessID,
            IsStandby = reader.GetBoolean(1),
            RoleLimit = reader.GetInt32(2),
            DatabaseLimit = reader.GetInt32(3),
        };
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            facts.Add(reader.GetString(0), reader.GetString(1), reader.GetString(2));
        }

        return facts;
    }
}

/// <summary>What a session of a server says of itself.</summary>
internal sealed class PostgreSqlFacts
{
    public const string Sql =
        """
        SELECT pg_backend_pid(), pg_is_in_recovery(), r.rolconnlimit, d.datconnlimit
        FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database();
        SELECT name, setting, source FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'default_transaction_read_only',
            'default_transaction_isolation', 'statement_timeout', 'lock_timeout', 'idle_session_timeout', 'transaction_timeout',
            'max_connections', 'superuser_reserved_connections', 'reserved_connections')
        """;

    private readonly Dictionary<string, (string Value, string Source)> _settings = new(StringComparer.Ordinal);

    /// <summary>Whether the session's process is another one than the server named when it began: something between gave it another.</summary>
    public bool IsBehindPooler { get; init; }

    public bool IsStandby { get; init; }

    /// <summary>How many connections the role, and the database, may have; -1 where that is not bounded.</summary>
    public int RoleLimit { get; init; }

    public int DatabaseLimit { get; init; }

    /// <summary>How many connections there are to be had, and what says so.</summary>
    public IEnumerable<(string Name, int Granted)> ConnectionLimits
    {
        get
        {
            yield return (
                "max_connections less superuser_reserved_connections",
                Number("max_connections") - Number("superuser_reserved_connections") - Number("reserved_connections"));
            if (RoleLimit >= 0)
            {
                yield return ("the CONNECTION LIMIT of the role", RoleLimit);
            }

            if (DatabaseLimit >= 0)
            {
                yield return ("the CONNECTION LIMIT of the database", DatabaseLimit);
            }
        }
    }

    /// <summary>A setting's value, times in milliseconds; null where the server does not know it.</summary>
    public string? this[string setting] => _settings.TryGetValue(setting, out (string Value, string) found) ? found.Value : null;

    public bool Is(string setting) => this[setting] is "on";

    /// <summary>Whether a setting was set for the role or the database alone.</summary>
    public bool IsSetForRoleOrDatabase(string setting) => _settings[setting].Source is "user" or "database" or "database user";

    /// <summary>Where a setting was set.</summary>
    public string SourceOf(string setting) => _settings[setting].Source switch
    {
        "user" => "set for the role (ALTER ROLE)",
        "database" => "set for the database (ALTER DATABASE)",
        "database user" => "set for the role in this database (ALTER ROLE … IN DATABASE)",
        "client" => "set by the connection string",
        _ => "set for the server",
    };

    public void Add(string setting, string value, string source) => _settings.Add(setting, (value, source));

    private int Number(string setting) => this[setting] is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : 0;
}
