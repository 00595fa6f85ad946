namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>The statements on nodes and leases; several in one text are one message and one transaction. All times are the server's.</summary>
internal static class PostgreSqlNodeSql
{
    /// <summary>States of a node, in the column <c>state</c>.</summary>
    public const int Joined = 1;

    /// <summary>The nodes that live: they renewed in time, and their session still holds their advisory lock.</summary>
    /// <remarks>A node that died is known to be gone at once, and one that is frozen when its time is up.</remarks>
    private const string Live =
        """
        live AS MATERIALIZED (
            SELECT n.node_id FROM dataload_node n
            WHERE n.lease_until > clock_timestamp() AND n.state < 2 AND n.lock_key IN (
                SELECT k.classid::bigint << 32 | k.objid::bigint FROM pg_locks k
                WHERE k.locktype = 'advisory' AND k.objsubid = 1 AND k.granted
                    AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())))
        """;

    private const string Columns = "n.node_id, n.address, n.secret, n.cluster_address, n.uid, n.protocol, n.state";

    /// <summary>Enters a node, founds a cluster where none that lives has joined one, and forgets others whose time is up. Gives the generation and the
    /// node's state.</summary>
    /// <remarks>The row of the generation is locked first, so that nodes enter one after another, each seeing what the one before has noted.</remarks>
    public const string Enter =
        $"""
        SELECT FROM dataload_cluster FOR UPDATE;

        WITH {Live},
        founded AS (
            UPDATE dataload_cluster SET generation = generation + 1
            WHERE NOT EXISTS (SELECT FROM live JOIN dataload_node n USING (node_id) WHERE n.state = 1 AND n.node_id <> @node)
            RETURNING generation)
        INSERT INTO dataload_node (node_id, address, secret, cluster_address, uid, protocol, state, application_name, lock_key, lease_until)
        VALUES (@node, @address, @secret, @cluster, @uid, @protocol, (SELECT count(*) FROM founded), @application, @lock, clock_timestamp() + @life)
        ON CONFLICT (node_id) DO UPDATE SET address = excluded.address, secret = excluded.secret, cluster_address = excluded.cluster_address,
            uid = excluded.uid, protocol = excluded.protocol, state = excluded.state, application_name = excluded.application_name,
            lock_key = excluded.lock_key, lease_until = excluded.lease_until;

        DELETE FROM dataload_node WHERE node_id IN (
            SELECT n.node_id FROM dataload_node n WHERE n.node_id <> @node AND n.lease_until < clock_timestamp() FOR UPDATE SKIP LOCKED);

        SELECT c.generation, n.state FROM dataload_cluster c, dataload_node n WHERE n.node_id = @node
        """;

    /// <summary>Says that a node lives for a time, and perhaps that it has joined; gives the generation, or nothing where it is unknown or expelled.</summary>
    public const string Renew =
        """
        WITH renewed AS (
            UPDATE dataload_node SET lease_until = clock_timestamp() + @life, state = greatest(state, @state)
            WHERE node_id = @node AND state < 2
            RETURNING node_id)
        SELECT c.generation FROM dataload_cluster c, renewed
        """;

    /// <summary>Notes that a node was removed from the cluster; gives the name of its sessions.</summary>
    public const string Expel =
        "UPDATE dataload_node SET state = 2 WHERE cluster_address = @cluster AND uid = @uid RETURNING application_name";

    /// <summary>Ends the sessions of a name.</summary>
    public const string Terminate =
        """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = @name AND datname = current_database() AND pid <> pg_backend_pid()
        """;

    /// <summary>Forgets a node, and what it holds.</summary>
    public const string Leave =
        """
        DELETE FROM dataload_lease WHERE node_id = @node;

        DELETE FROM dataload_node WHERE node_id = @node
        """;

    /// <summary>The nodes that live.</summary>
    public const string List =
        $"""
        WITH {Live}
        SELECT {Columns} FROM dataload_node n JOIN live USING (node_id) ORDER BY n.node_id COLLATE "C"
        """;

    /// <summary>Takes a lease that is free or the node's own; changes no row where it is not.</summary>
    public const string Acquire =
        $"""
        WITH {Live}
        INSERT INTO dataload_lease AS l (name, node_id, held_until) VALUES (@lease, @node, clock_timestamp() + @life)
        ON CONFLICT (name) DO UPDATE SET node_id = excluded.node_id, held_until = excluded.held_until
        WHERE l.node_id = excluded.node_id OR l.held_until < clock_timestamp() OR l.node_id NOT IN (SELECT live.node_id FROM live)
        """;

    /// <summary>Gives a lease back.</summary>
    public const string Release = "DELETE FROM dataload_lease WHERE name = @lease AND node_id = @node";
}
