using System.Globalization;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;

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
        yield return string.Create(CultureInfo.InvariantCulture,
            $"  {Sending}, pages of {PageRows} rows, {JournalBatch} writes in a transaction of the journal");
        foreach (Disruption disruption in Disruptions)
        {
            yield return $"  disruption: {disruption}";
        }

        foreach (Publishing publishing in Publishings)
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"  message {publishing.Number} at {publishing.AtMs} ms: {Events.First(one => one.Number == publishing.Event)}");
        }
    }
}

/// <summary>The bounds and waits of the intake that differ from run to run.</summary>
internal sealed record SendingSettings
{
    /// <summary>How many messages of a stream a node holds that are not acknowledged.</summary>
    public required int Prefetch { get; init; }

    /// <summary>How many are interpreted together.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>After how many milliseconds a batch is sent again; then ever later.</summary>
    public required int ResendMs { get; init; }

    /// <summary>The waits between tries to find a row.</summary>
    public required IReadOnlyList<int> RetryDelaysMs { get; init; }

    /// <summary>How many deliveries may be parked.</summary>
    public required int MaxParked { get; init; }

    /// <summary>How many parked deliveries of a stream are taken up together.</summary>
    public required int ParkedBatch { get; init; }

    /// <summary>How many batches of a stream may be sent and not accepted.</summary>
    public required int MaxUnacceptedBatches { get; init; }

    /// <summary>The most that a batch of events takes, in bytes.</summary>
    public required int MaxEventBatchBytes { get; init; }

    /// <summary>How long deliveries wait for a query that fails before they are parked, in milliseconds.</summary>
    public required int HoldLimitMs { get; init; }

    /// <summary>The product's settings.</summary>
    public IntakeSettings ToSettings() => new()
    {
        Prefetch = Prefetch,
        MaxBatch = MaxBatch,
        RetryDelays = [.. RetryDelaysMs.Select(ms => TimeSpan.FromMilliseconds(ms))],
        MaxParked = MaxParked,
        ParkedBatch = ParkedBatch,
        ParkedCountInterval = TimeSpan.FromMilliseconds(500),

        // Of a length with what batches wait for: some claims run out meanwhile, some are renewed in time.
        ClaimTimeToLive = TimeSpan.FromMilliseconds(HoldLimitMs),
        ParkedPollInterval = TimeSpan.FromMilliseconds(1500),
        MaxUnacceptedBatches = MaxUnacceptedBatches,
        MaxEventBatchBytes = MaxEventBatchBytes,
        Resend = new Backoff(TimeSpan.FromMilliseconds(ResendMs), TimeSpan.FromSeconds(5)),
        Patience = TimeSpan.FromMilliseconds(500),
        HoldLimit = TimeSpan.FromMilliseconds(HoldLimitMs),
        DeadLetterPatience = TimeSpan.FromMilliseconds(300),
        DeadLetterRetry = new Backoff(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1)),
        Backoff = new Backoff(TimeSpan.FromMilliseconds(10), TimeSpan.FromMilliseconds(200)),
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"prefetch {Prefetch}, {MaxBatch} a batch, sent again after {ResendMs} ms, rows tried again after {string.Join("/", RetryDelaysMs)} ms, at most {MaxParked} parked, {ParkedBatch} taken up, {MaxUnacceptedBatches} batches unaccepted, {MaxEventBatchBytes} bytes a batch, queries waited for {HoldLimitMs} ms");
}
