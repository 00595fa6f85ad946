using System.Globalization;
using DataLoad.Engine.Clustering;

namespace DataLoad.Simulation.Scenarios;

/// <summary>
/// What is to happen in a run: all that a failure may be shrunk to. The order of tasks and the latencies come from the
/// seed as well, so a smaller scenario is another run.
/// </summary>
internal sealed record Scenario
{
    public required ulong Seed { get; init; }

    /// <summary>When the run starts, in epoch milliseconds.</summary>
    public required long StartMs { get; init; }

    public required EngineSettings Settings { get; init; }

    /// <summary>How many blocks, snapshots or rows the store reads at a time.</summary>
    public required int PageRows { get; init; }

    /// <summary>Whether a second node stands by.</summary>
    public required bool StandBy { get; init; }

    /// <summary>Whether all nodes are killed once more when all is settled.</summary>
    public required bool CrashAtEnd { get; init; }

    public required IReadOnlyList<Happening> Happenings { get; init; }

    public required IReadOnlyList<Publishing> Publishings { get; init; }

    public required IReadOnlyList<Trouble> Troubles { get; init; }

    /// <summary>The scenario for a reader.</summary>
    public IEnumerable<string> Describe()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"seed {Seed}, starts {DateTimeOffset.FromUnixTimeMilliseconds(StartMs):yyyy-MM-dd HH:mm:ss}Z, zone {Settings.TimeZone}, {Settings.Sharding.Shards} shards{(StandBy ? ", a node stands by" : "")}{(CrashAtEnd ? ", killed at the end" : "")}");
        yield return $"  {Settings.Sharding}";
        yield return string.Create(CultureInfo.InvariantCulture, $"  prefetch {Settings.Intake.Prefetch}, batch {Settings.Intake.MaxBatch}, parked at most {Settings.Intake.MaxParked}, by {Settings.Intake.ParkedBatch}, lease {Settings.LeaseTimeToLive.TotalMilliseconds} ms");
        foreach (Trouble trouble in Troubles)
        {
            yield return $"  trouble: {trouble}";
        }

        foreach (Publishing publishing in Publishings)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  message {publishing.Number} at {publishing.AtMs} ms: {Happenings.First(happening => happening.Number == publishing.Happening)}");
        }
    }
}
