namespace DataLoad.Engine.Storage;

/// <summary>One numbered step of the schema. A step that was released is never changed; another one is added.</summary>
/// <param name="Version">Its number, 1 and up without gaps.</param>
/// <param name="Name">What it does, in a few words.</param>
/// <param name="Store">The statements for the store's database.</param>
/// <param name="Journal">The statements for the database that holds the journal.</param>
internal sealed record SqlMigration(int Version, string Name, string Store, string Journal)
{
    /// <summary>The table that says which steps were done.</summary>
    public const string VersionTable = "CREATE TABLE dataload_migration (version integer NOT NULL PRIMARY KEY, name varchar(200) NOT NULL, applied_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);";

    /// <summary>All steps in order.</summary>
    public static IReadOnlyList<SqlMigration> All(SqlDialect dialect) =>
    [
        new(
            1,
            "store and journal",
            $"""
            CREATE TABLE dataload_fixed (name {dialect.KeyText} NOT NULL PRIMARY KEY, value text NOT NULL);

            CREATE TABLE dataload_partition (
                partition_id integer NOT NULL PRIMARY KEY,
                epoch bigint NOT NULL,
                checkpoint bigint NOT NULL,
                baseline bigint NOT NULL);

            CREATE TABLE dataload_snapshot (
                partition_id integer NOT NULL,
                kind smallint NOT NULL,
                key {dialect.Bytes} NOT NULL,
                seq_nr bigint NOT NULL,
                bytes {dialect.Bytes} NOT NULL,
                PRIMARY KEY (partition_id, kind, key));

            CREATE TABLE dataload_parked (
                id {dialect.Bytes} NOT NULL PRIMARY KEY,
                stream {dialect.KeyText} NOT NULL,
                due_ms bigint NOT NULL,
                tries integer NOT NULL,
                message {dialect.Bytes} NOT NULL);

            CREATE INDEX dataload_parked_due ON dataload_parked (stream, due_ms, id);

            CREATE TABLE dataload_audit (
                id {dialect.Identity},
                at_ms bigint NOT NULL,
                node text NOT NULL,
                actor text NOT NULL,
                action text NOT NULL,
                target text NOT NULL,
                detail text NOT NULL,
                outcome text NOT NULL);

            CREATE TABLE dataload_paused_stream (stream {dialect.KeyText} NOT NULL PRIMARY KEY);

            {dialect.Tuning}
            """,
            dialect.JournalTables),
        new(2, "nodes and leases", dialect.LeaseTables, ""),
    ];
}
