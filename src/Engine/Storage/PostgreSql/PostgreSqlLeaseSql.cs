namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statements on leases and nodes; several in one text are one message and one transaction. All times are the server's.</summary>
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

    /// <summary>Who holds leases.</summary>
    public const string States =
        $"""
        WITH {Live}
        SELECT l.shard_id, p.epoch, l.node_id, live.node_id IS NOT NULL, n.address, n.secret, n.application_name
        FROM dataload_lease l
        JOIN dataload_partition p ON p.partition_id = l.shard_id
        LEFT JOIN dataload_node n ON n.node_id = l.node_id
        LEFT JOIN live ON live.node_id = l.node_id
        WHERE l.shard_id = ANY (@shards)
        ORDER BY l.shard_id
        """;

    /// <summary>Ends the sessions of these names, ours aside.</summary>
    public const string Terminate =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = ANY (@names) AND application_name <> @application AND datname = current_database() AND pid <> pg_backend_pid()
        """;

    /// <summary>Writes a node and that it lives for a time, and forgets others whose time is up and who hold nothing.</summary>
    public const string SaveNode =
        """
        INSERT INTO dataload_node (node_id, address, secret, application_name, lock_key, lease_until)
        VALUES (@node, @address, @secret, @application, @lock, clock_timestamp() + @life)
        ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, secret = excluded.secret,
            application_name = excluded.application_name, lock_key = excluded.lock_key, lease_until = excluded.lease_until;

        DELETE FROM dataload_node WHERE node_id IN (
            SELECT n.node_id FROM dataload_node n
            WHERE n.node_id <> @node AND n.lease_until < clock_timestamp()
                AND NOT EXISTS (SELECT FROM dataload_lease l WHERE l.node_id = n.node_id)
            FOR UPDATE SKIP LOCKED)
        """;

    /// <summary>Takes the leases that no other living node holds for a node, its own, too, under a new epoch, and saves the node.</summary>
    /// <remarks>
    /// Waits for rows no longer than it is told; makes the rows of leases that have none; locks those of all, which waits for writes under them to end, and
    /// the nodes that hold them, so that none renews between the states being read and the takeover.
    /// </remarks>
    public const string Take =
        $"""
        SELECT set_config('lock_timeout', @wait, true);

        WITH partitions AS (
            INSERT INTO dataload_partition (partition_id, epoch, checkpoint, baseline)
            SELECT shard_id, 0, 0, 0 FROM unnest(@shards) AS w (shard_id) ORDER BY shard_id
            ON CONFLICT (partition_id) DO NOTHING)
        INSERT INTO dataload_lease (shard_id, node_id)
        SELECT shard_id, NULL FROM unnest(@shards) AS w (shard_id) ORDER BY shard_id
        ON CONFLICT (shard_id) DO NOTHING;

        SELECT FROM dataload_lease l JOIN dataload_partition p ON p.partition_id = l.shard_id WHERE l.shard_id = ANY (@shards) ORDER BY l.shard_id FOR UPDATE;

        SELECT FROM dataload_node WHERE node_id IN (SELECT l.node_id FROM dataload_lease l WHERE l.shard_id = ANY (@shards))
        ORDER BY node_id FOR UPDATE;

        WITH {Live},
        taken AS (
            UPDATE dataload_lease l SET node_id = @node
            WHERE l.shard_id = ANY (@shards)
                AND (l.node_id = @node OR NOT EXISTS (SELECT FROM live WHERE live.node_id = l.node_id))
            RETURNING l.shard_id)
        UPDATE dataload_partition p SET epoch = p.epoch + 1 FROM taken WHERE p.partition_id = taken.shard_id;

        {SaveNode}
        """;

    /// <summary>Says that a node lives for a time, and what it holds: a statement of its own, which sees what the first one waited for.</summary>
    public const string Renew =
        """
        UPDATE dataload_node SET lease_until = clock_timestamp() + @life WHERE node_id = @node;

        SELECT l.shard_id, p.epoch FROM dataload_lease l JOIN dataload_partition p ON p.partition_id = l.shard_id WHERE l.node_id = @node ORDER BY l.shard_id
        """;

    /// <summary>Gives back what a node holds, locked first in order, and forgets it.</summary>
    public const string Release =
        """
        SELECT FROM dataload_lease WHERE node_id = @node ORDER BY shard_id FOR UPDATE;

        UPDATE dataload_lease SET node_id = NULL WHERE node_id = @node;

        DELETE FROM dataload_node WHERE node_id = @node
        """;

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
