namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// A Partition has a new owner, which takes events: published on the event stream of each node's actor system that hears of it, so that
/// what the former owner may have held is sent again at once.
/// </summary>
/// <param name="Partition">The Partition.</param>
public sealed record PartitionServing(int Partition);
