using System.Globalization;

namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>Something that goes wrong in a run, or that an operator does.</summary>
/// <param name="Kind">What.</param>
/// <param name="AtMs">When, after the start.</param>
/// <param name="ForMs">For how long, where it lasts.</param>
/// <param name="Amount">How much: a rate in percent, a latency or a jump in milliseconds.</param>
/// <param name="Steps">How many further turns of the process are taken before it happens, so that it may come between any two.</param>
internal sealed record Disruption(DisruptionKind Kind, long AtMs, long ForMs = 0, long Amount = 0, int Steps = 0)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Kind} at {AtMs} ms{(Steps > 0 ? $" + {Steps} turns" : "")}{(ForMs > 0 ? $" for {ForMs} ms" : "")}{(Amount != 0 ? $", {Amount}" : "")}");
}

/// <summary>What can go wrong.</summary>
internal enum DisruptionKind
{
    /// <summary>Calls of the store and the journal fail, without effect.</summary>
    StoreFails = 0,

    /// <summary>Calls of the store and the journal take effect, and the caller is told that they failed.</summary>
    StoreFailsAfterwards,

    /// <summary>Calls of the store and the journal take long.</summary>
    StoreSlow,

    /// <summary>The store says that a write failed, and the write takes effect long after.</summary>
    StoreLate,

    /// <summary>The store's machine loses power: of the writes under way the first are durable, the rest are gone.</summary>
    PowerLoss,

    /// <summary>A node's process is killed, and another started later.</summary>
    Crash,

    /// <summary>A node's process is held, perhaps until its Partitions have other owners, and goes on then.</summary>
    Hold,

    /// <summary>A node's clock jumps.</summary>
    ClockJump,

    /// <summary>A node is stopped in order, and another started later.</summary>
    Stop,

    /// <summary>A Partition is handed off to a node, perhaps the same one.</summary>
    HandOff,

    /// <summary>A Partition is started a second time while the first goes on.</summary>
    Zombie,

    /// <summary>A Partition's actor stops by itself, as after a failed write.</summary>
    PartitionStops,

    /// <summary>Messages between actors that pass the region are lost.</summary>
    MessagesLost,

    /// <summary>Messages that pass the region take long, and overtake each other.</summary>
    MessagesSlow,

    /// <summary>A node's connection to the broker ends: what it has not acknowledged comes again.</summary>
    ConnectionLost,

    /// <summary>The broker refuses dead letters, or their confirms are lost.</summary>
    LettersFail,

    /// <summary>Queries of the business database fail.</summary>
    LookupFails,

    /// <summary>Queries of the business database take long.</summary>
    LookupSlow,

    /// <summary>An operator asks all incarnations of a Partition to flush.</summary>
    FlushAsked,

    /// <summary>An operator asks all incarnations of a Partition to flush and checkpoint.</summary>
    CheckpointAsked,

    /// <summary>Somebody has all incarnations of a Partition save the Counters of a page, to read them from the store.</summary>
    SaveAsked,

    /// <summary>An operator has a Partition rebuilt.</summary>
    RebuildAsked,

    /// <summary>An operator pauses a stream at a node for a time.</summary>
    StreamPaused,
}
