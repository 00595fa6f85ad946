using DataLoad.Engine.Statistics;
using LinqToDB.Mapping;

namespace DataLoad.Engine.Storage;

[Table("dataload_fixed")]
internal sealed record FixedValueRow
{
    [Column("name"), PrimaryKey, NotNull] public required string Name { get; init; }
    [Column("value"), NotNull] public required string Value { get; init; }
}

/// <summary>A Partition's Epoch in force, checkpoint and baseline.</summary>
[Table("dataload_partition")]
internal sealed record PartitionRow
{
    [Column("partition_id"), PrimaryKey] public required int Id { get; init; }
    [Column("epoch")] public required long Epoch { get; init; }
    [Column("checkpoint")] public required long Checkpoint { get; init; }
    [Column("baseline")] public required long Baseline { get; init; }

    /// <summary>What of the past is computed: <see cref="BackfillMarks"/>.</summary>
    [Column("breakdowns"), NotNull] public string Backfilled { get; init; } = "";
}

/// <summary>A breakdown that is or was on.</summary>
[Table("dataload_breakdown")]
internal sealed record BreakdownRow
{
    [Column("table_name"), PrimaryKey, NotNull] public required string Table { get; init; }
    [Column("generation")] public required int Generation { get; init; }
    [Column("is_on")] public required short IsOn { get; init; }
    [Column("is_complete")] public required short IsComplete { get; init; }

    public Declaration Declared() => new(Table, null, Generation, IsComplete != 0, 0);
}

/// <summary>A metric that is counted.</summary>
[Table("dataload_metric")]
internal sealed record MetricRow
{
    [Column("table_name"), PrimaryKey(1), NotNull] public required string Table { get; init; }
    [Column("column_name"), PrimaryKey(2), NotNull] public required string Column { get; init; }
    [Column("is_complete")] public required short IsComplete { get; init; }
    [Column("since_ms")] public required long SinceMs { get; init; }

    public Declaration Declared() => new(Table, Column, 1, IsComplete != 0, 0, SinceMs);
}

/// <summary>There where the computing of the past is stopped.</summary>
[Table("dataload_backfill_stop")]
internal sealed record BackfillStopRow
{
    [Column("id"), PrimaryKey] public required short Id { get; init; }
    [Column("at_ms")] public required long AtMs { get; init; }
}

/// <summary>A parked delivery. Its id is stored big-endian, so that bytes order as ids do.</summary>
[Table("dataload_parked")]
internal sealed record ParkedRow
{
    [Column("id"), PrimaryKey, NotNull] public required byte[] Id { get; init; }
    [Column("stream"), NotNull] public required string Stream { get; init; }
    [Column("due_ms")] public required long DueMs { get; init; }
    [Column("tries")] public required int Tries { get; init; }
    [Column("message"), NotNull] public required byte[] Message { get; init; }
}

[Table("dataload_audit")]
internal sealed record AuditRow
{
    [Column("id"), PrimaryKey, Identity] public long Id { get; init; }
    [Column("at_ms")] public required long AtMs { get; init; }
    [Column("node"), NotNull] public required string Node { get; init; }
    [Column("actor"), NotNull] public required string Actor { get; init; }
    [Column("action"), NotNull] public required string Action { get; init; }
    [Column("target"), NotNull] public required string Target { get; init; }
    [Column("detail"), NotNull] public required string Detail { get; init; }
    [Column("outcome"), NotNull] public required string Outcome { get; init; }
}

[Table("dataload_paused_stream")]
internal sealed record PausedStreamRow
{
    [Column("stream"), PrimaryKey, NotNull] public required string Stream { get; init; }
}

/// <summary>An entry of Akka's journal, as far as it is used beside the plugin.</summary>
[Table("journal")]
internal sealed record JournalRow
{
    [Column("persistence_id"), NotNull] public required string PersistenceId { get; init; }
    [Column("sequence_number")] public required long SequenceNr { get; init; }
    [Column("manifest"), NotNull] public required string Manifest { get; init; }
}

[Table("dataload_migration")]
internal sealed record MigrationRow
{
    [Column("version"), PrimaryKey] public required int Version { get; init; }
    [Column("name"), NotNull] public required string Name { get; init; }
}
