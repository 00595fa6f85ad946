using DataLoad.Bench.Core;

namespace DataLoad.Bench.Growth;

/// <summary>One size of what grows.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Topics">How many topics.</param>
/// <param name="Even">Whether topics take turns; else the first are the busiest.</param>
internal sealed record GrowthCase(string Name, int Topics, bool Even)
{
    /// <summary>How many Partitions.</summary>
    public int Partitions { get; init; } = EngineUnderTest.SqlitePartitions;

    /// <summary>How many events the journal holds before.</summary>
    public int JournalEvents { get; init; }
}
