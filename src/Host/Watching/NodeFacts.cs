using DataLoad.Engine.Clustering;
using DataLoad.Engine.Intake;

namespace DataLoad.Host.Watching;

/// <summary>Says what a node says of itself now. Thread-safe.</summary>
internal interface INodeFacts
{
    /// <summary>What it is like at this moment.</summary>
    NodeFacts Take();
}

/// <summary>What a node says of itself at a moment: what its state is judged by, and what is shown beside it.</summary>
internal sealed record NodeFacts
{
    /// <summary>Whether all Partitions serve, here or elsewhere, and events are taken in.</summary>
    public required bool IsServing { get; init; }

    /// <summary>What a start waits for, or null.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>Why the broker is not connected, or null.</summary>
    public string? BrokerError { get; init; }

    /// <summary>The streams that are taken in, by their names; none while the node does not take in.</summary>
    public IReadOnlyDictionary<string, StreamStatus> Streams { get; init; } = new Dictionary<string, StreamStatus>(StringComparer.Ordinal);

    /// <summary>What is not consumed or waits, and why: streams, their parked deliveries, the parking and the dead letters.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Failing { get; init; } = [];

    /// <summary>What fails of the Partitions, each in a sentence.</summary>
    public IReadOnlyList<string> FailingPartitions { get; init; } = [];

    /// <summary>How many messages wait in each stream's queue.</summary>
    public IReadOnlyDictionary<string, QueueLength> Lag { get; init; } = new Dictionary<string, QueueLength>(StringComparer.Ordinal);

    /// <summary>How many dead letters wait in their queue; null before the first look.</summary>
    public QueueLength? DeadLetters { get; init; }

    /// <summary>How many deliveries are parked; null while the node does not take in.</summary>
    public long? Parked { get; init; }

    /// <summary>How many Counters are set aside until they are rebuilt.</summary>
    public long Damaged { get; init; }

    /// <summary>How many messages wait in all queues; null before each was looked at. Known where each is, and as old as the oldest of them.</summary>
    public QueueLength? TotalLag => Streams.Count == 0 || !Streams.Keys.All(Lag.ContainsKey) ? null
        : new QueueLength(Lag.Values.Sum(queue => queue.Messages), Lag.Values.Min(queue => queue.At), Lag.Values.All(queue => queue.IsKnown));

    /// <summary>The streams that an operator paused.</summary>
    public IReadOnlyList<string> Paused => [.. Streams.Values.Where(stream => stream.IsPaused).Select(stream => stream.Stream)];
}

/// <summary>The facts of the node that this process runs.</summary>
internal sealed class ClusterNodeFacts(ClusterNode node) : INodeFacts
{
    public NodeFacts Take()
    {
        StreamIntake? intake = node.Intake;
        var facts = new NodeFacts
        {
            IsServing = node.IsServing,
            WaitingFor = node.WaitingFor,
            BrokerError = "not connected yet",
            FailingPartitions = node.Registry.Failing,
            Damaged = node.Registry.Partitions.Sum(partition => (long)partition.Damaged),
        };
        return intake is null ? facts : facts with
        {
            BrokerError = intake.ConnectionError,
            Streams = intake.Streams.ToDictionary(stream => stream.Stream, StringComparer.Ordinal),
            Failing = [.. intake.Failing.DistinctBy(failing => failing.Key, StringComparer.Ordinal)],
            Lag = intake.Lag,
            DeadLetters = intake.DeadLetters,
            Parked = intake.Parking.Count,
        };
    }
}
