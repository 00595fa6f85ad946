using System.Globalization;
using DataLoad.Engine.Partitions;

namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>
/// What is to happen in a run: all that a failure may be shrunk to. The order of turns and the latencies come from the
/// seed as well, so a smaller scenario is another run.
/// </summary>
internal sealed record Scenario
{
    public required ulong Seed { get; init; }

    /// <summary>When the run starts, in epoch milliseconds.</summary>
    public required long StartMs { get; init; }

    /// <summary>The zone that days are told in.</summary>
    public required string TimeZone { get; init; }

    public required PartitionSettings Partitions { get; init; }

    public required SendingSettings Sending { get; init; }

    /// <summary>How many blocks, snapshots or rows the store reads at a time.</summary>
    public required int PageRows { get; init; }

    /// <summary>How many writes the journal puts into one transaction.</summary>
    public required int JournalBatch { get; init; }

    /// <summary>How many nodes there are.</summary>
    public required int Nodes { get; init; }

    /// <summary>Whether all nodes are killed once more when all is settled.</summary>
    public required bool CrashAtEnd { get; init; }

    public required IReadOnlyList<GeneratedEvent> Events { get; init; }

    public required IReadOnlyList<Publishing> Publishings { get; init; }

    public required IReadOnlyList<Disruption> Disruptions { get; init; }

    /// <summary>The scenario for a reader.</summary>
    public IEnumerable<string> Describe()
    {
        yield return string.Create(CultureInfo.InvariantCulture, $"seed {Seed}, starts {DateTimeOffset.FromUnixTimeMilliseconds(StartMs):yyyy-MM-dd HH:mm:ss}Z, zone {TimeZone}, {Nodes} nodes, {Partitions.Partitions} Partitions{(CrashAtEnd ? ", killed at the end" : "")}");
        yield return $"  {Partitions}";
        yield return string.Create(CultureInfo.InvariantCulture, $"  {Sending}, pages of {PageRows} rows, {JournalBatch} writes in a transaction of the journal");
        foreach (Disruption disruption in Disruptions)
        {
            yield return $"  disruption: {disruption}";
        }

        foreach (Publishing publishing in Publishings)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"  message {publishing.Number} at {publishing.AtMs} ms: {Events.First(one => one.Number == publishing.Event)}");
        }
    }
}

/// <summary>How the simulated intake sends.</summary>
/// <param name="Prefetch">How many messages it holds that are not accepted.</param>
/// <param name="MaxBatch">How many it takes at once.</param>
/// <param name="ResendMs">After how many milliseconds a batch is sent again; then ever later.</param>
internal sealed record SendingSettings(int Prefetch, int MaxBatch, long ResendMs);
