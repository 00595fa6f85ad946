namespace DataLoad.Engine.Auditing;

/// <summary>What a verification found.</summary>
public sealed record VerificationReport
{
    /// <summary>How many Partitions were looked at.</summary>
    public required int Partitions { get; init; }

    /// <summary>How many events of their journals were read.</summary>
    public required long Events { get; init; }

    /// <summary>How many rows were compared.</summary>
    public required long Rows { get; init; }

    /// <summary>How many Counters have events but no row yet: their first flush is still to come.</summary>
    public required long NotFlushedYet { get; init; }

    /// <summary>How many differences there are, those included that are not listed.</summary>
    public required long DifferenceCount { get; init; }

    /// <summary>The differences, up to a limit.</summary>
    public required IReadOnlyList<Difference> Differences { get; init; }

    /// <summary>How many blocks, snapshots and parked deliveries are damaged, those included that are not listed.</summary>
    public required long DamageCount { get; init; }

    /// <summary>What is damaged, up to a limit. A Partition whose journal is damaged is not compared.</summary>
    public required IReadOnlyList<Damage> Damages { get; init; }

    /// <summary>Whether every row that was looked at is what the journal gives.</summary>
    public bool IsClean => DifferenceCount == 0 && DamageCount == 0;
}
