namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>One numbered step of the schema. A step that was released is never changed; another one is added.</summary>
/// <param name="Version">Its number, 1 and up without gaps.</param>
/// <param name="Name">What it does, in a few words.</param>
/// <param name="Sql">The statements, run in one transaction.</param>
internal sealed record PostgreSqlMigration(int Version, string Name, string Sql)
{
    /// <summary>All steps in order.</summary>
    public static IReadOnlyList<PostgreSqlMigration> All { get; } =
    [
        // Blocks and states are compressed or dense already, so the server need not try (EXTERNAL). A block up to
        // 8 kB stays in its row (toast_tuple_target), which spares an append two more tables' worth of writes.
        // Tables whose rows are rewritten leave room on their pages, so that an update needs no new index entry.
        new(1, "engine tables",
            """
            CREATE TABLE dataload_fixed (
                name text NOT NULL PRIMARY KEY,
                value text NOT NULL);

            CREATE TABLE dataload_node (
                node_id text NOT NULL PRIMARY KEY,
                address text NOT NULL,
                secret text NOT NULL,
                application_name text NOT NULL,
                lock_key bigint NOT NULL,
                lease_until timestamptz NOT NULL)
                WITH (fillfactor = 50, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

            CREATE TABLE dataload_lease (
                shard_id int NOT NULL PRIMARY KEY,
                epoch bigint NOT NULL,
                node_id text NULL)
                WITH (fillfactor = 50);

            CREATE TABLE dataload_journal (
                shard_id int NOT NULL,
                first_seq bigint NOT NULL,
                last_seq bigint NOT NULL,
                epoch bigint NOT NULL,
                journaled_at bigint NOT NULL,
                bytes bytea NOT NULL,
                PRIMARY KEY (shard_id, first_seq),
                CHECK (first_seq > 0 AND last_seq >= first_seq))
                WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

            CREATE TABLE dataload_snapshot (
                shard_id int NOT NULL,
                kind smallint NOT NULL,
                key bytea NOT NULL,
                seq_nr bigint NOT NULL,
                bytes bytea NOT NULL,
                PRIMARY KEY (shard_id, kind, key))
                WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

            CREATE TABLE dataload_checkpoint (
                shard_id int NOT NULL PRIMARY KEY,
                seq_nr bigint NOT NULL,
                baseline_seq_nr bigint NOT NULL)
                WITH (fillfactor = 50);

            CREATE TABLE dataload_parked (
                id uuid NOT NULL PRIMARY KEY,
                stream text NOT NULL,
                due_ms bigint NOT NULL,
                tries int NOT NULL,
                message bytea NOT NULL)
                WITH (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);

            ALTER TABLE dataload_journal ALTER bytes SET STORAGE EXTERNAL;
            ALTER TABLE dataload_snapshot ALTER bytes SET STORAGE EXTERNAL;
            ALTER TABLE dataload_parked ALTER message SET STORAGE EXTERNAL;

            CREATE INDEX dataload_parked_due_ms ON dataload_parked (stream, due_ms, id);
            """),
        new(2, "audit log and paused streams",
            """
            CREATE TABLE dataload_audit (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                at_ms bigint NOT NULL,
                node text NOT NULL,
                actor text NOT NULL,
                action text NOT NULL,
                target text NOT NULL,
                detail text NOT NULL,
                outcome text NOT NULL);

            CREATE TABLE dataload_paused_stream (stream text NOT NULL PRIMARY KEY);
            """),
    ];

    /// <summary>The version that this program needs.</summary>
    public static int Latest => All[^1].Version;
}
