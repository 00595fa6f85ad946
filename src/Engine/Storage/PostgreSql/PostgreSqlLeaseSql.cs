namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statements on leases and nodes. All times are the server's.</summary>
internal static class PostgreSqlLeaseSql
{
    /// <summary>The nodes that live: they renewed in time, and their session still holds their advisory lock.</summary>
    /// <remarks>A node that died is known to be gone at once, and one that is frozen when its time is up.</remarks>
    private const string Live =
        """
        live AS MATERIALIZED (
            SELECT n.node_id FROM dataload_node n
            WHERE n.lease_until > clock_timestamp() AND n.lock_key IN (
                SELECT k.classid::bigint << 32 | k.objid::bigint FROM pg_locks k
                WHERE k.locktype = 'advisory' AND k.objsubid = 1 AND k.granted
                    AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))
        """;

    /// <summary>Who holds leases ($1).</summary>
    public const string States =
        $"""
        WITH {Live}
        SELECT l.shard_id, p.epoch, l.node_id, live.node_id IS NOT NULL, n.address, n.secret, n.application_name
        FROM dataload_lease l
        JOIN dataload_partition p ON p.partition_id = l.shard_id
        LEFT JOIN dataload_node n ON n.node_id = l.node_id
        LEFT JOIN live ON live.node_id = l.node_id
        WHERE l.shard_id = ANY ($1)
        ORDER BY l.shard_id
        """;

    /// <summary>Ends the sessions of these names ($1), ours ($2) aside.</summary>
    public const string Terminate =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = ANY ($1) AND application_name <> $2 AND datname = current_database() AND pid <> pg_backend_pid()
        """;

    /// <summary>How long the transaction waits for a row ($1, in milliseconds).</summary>
    public const string BoundWait = "SELECT set_config('lock_timeout', $1, true)";

    /// <summary>Makes the rows of leases ($1) that have none.</summary>
    public const string AddLeases =
        """
        WITH partitions AS (
            INSERT INTO dataload_partition (partition_id, epoch, checkpoint, baseline)
            SELECT shard_id, 0, 0, 0 FROM unnest($1) AS w (shard_id) ORDER BY shard_id
            ON CONFLICT (partition_id) DO NOTHING)
        INSERT INTO dataload_lease (shard_id, node_id)
        SELECT shard_id, NULL FROM unnest($1) AS w (shard_id) ORDER BY shard_id
        ON CONFLICT (shard_id) DO NOTHING
        """;

    /// <summary>Locks the rows of leases ($1), which waits for writes under them to end.</summary>
    public const string LockLeases =
        "SELECT FROM dataload_lease l JOIN dataload_partition p ON p.partition_id = l.shard_id WHERE l.shard_id = ANY ($1) ORDER BY l.shard_id FOR UPDATE";

    /// <summary>Locks the nodes that hold leases ($1), so that none renews between the states being read and the takeover.</summary>
    public const string LockHolders =
        """
        SELECT FROM dataload_node WHERE node_id IN (SELECT l.node_id FROM dataload_lease l WHERE l.shard_id = ANY ($1))
        ORDER BY node_id FOR UPDATE
        """;

    /// <summary>Takes the leases ($1) that no other living node holds, for a node ($2); its own, too, under a new epoch.</summary>
    public const string Take =
        $"""
        WITH {Live},
        taken AS (
            UPDATE dataload_lease l SET node_id = $2
            WHERE l.shard_id = ANY ($1)
                AND (l.node_id = $2 OR NOT EXISTS (SELECT FROM live WHERE live.node_id = l.node_id))
            RETURNING l.shard_id)
        UPDATE dataload_partition p SET epoch = p.epoch + 1 FROM taken WHERE p.partition_id = taken.shard_id
        """;

    /// <summary>Writes a node ($1 to $5) and that it lives for a time ($6).</summary>
    public const string SaveNode =
        """
        INSERT INTO dataload_node (node_id, address, secret, application_name, lock_key, lease_until)
        VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6)
        ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, secret = excluded.secret,
            application_name = excluded.application_name, lock_key = excluded.lock_key, lease_until = excluded.lease_until
        """;

    /// <summary>Forgets nodes whose time is up and who hold nothing, but for one ($1).</summary>
    public const string ForgetNodes =
        """
        DELETE FROM dataload_node WHERE node_id IN (
            SELECT n.node_id FROM dataload_node n
            WHERE n.node_id <> $1 AND n.lease_until < clock_timestamp()
                AND NOT EXISTS (SELECT FROM dataload_lease l WHERE l.node_id = n.node_id)
            FOR UPDATE SKIP LOCKED)
        """;

    /// <summary>Says that a node ($1) lives for a time ($2).</summary>
    public const string Renew = "UPDATE dataload_node SET lease_until = clock_timestamp() + $2 WHERE node_id = $1";

    /// <summary>What a node ($1) holds.</summary>
    public const string Held =
        "SELECT l.shard_id, p.epoch FROM dataload_lease l JOIN dataload_partition p ON p.partition_id = l.shard_id WHERE l.node_id = $1 ORDER BY l.shard_id";

    /// <summary>Locks what a node ($1) holds.</summary>
    public const string LockHeld = "SELECT FROM dataload_lease WHERE node_id = $1 ORDER BY shard_id FOR UPDATE";

    /// <summary>Gives back what a node ($1) holds.</summary>
    public const string Release = "UPDATE dataload_lease SET node_id = NULL WHERE node_id = $1";

    /// <summary>Forgets a node ($1).</summary>
    public const string ForgetNode = "DELETE FROM dataload_node WHERE node_id = $1";

    /// <summary>A node that holds leases and lives.</summary>
    public const string FindOwner =
        $"""
        WITH {Live}
        SELECT n.node_id, n.address, n.secret FROM dataload_node n JOIN live ON live.node_id = n.node_id
        WHERE EXISTS (SELECT FROM dataload_lease l WHERE l.node_id = n.node_id)
        ORDER BY n.lease_until DESC LIMIT 1
        """;

    /// <summary>The nodes that live, and how many leases each holds.</summary>
    public const string ListNodes =
        $"""
        WITH {Live}
        SELECT n.node_id, n.address, n.secret, (SELECT count(*) FROM dataload_lease l WHERE l.node_id = n.node_id)::int
        FROM dataload_node n JOIN live ON live.node_id = n.node_id
        ORDER BY n.node_id COLLATE "C"
        """;
}
