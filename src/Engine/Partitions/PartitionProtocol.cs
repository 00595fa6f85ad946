using Akka.Event;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>What is sent to a Partition, through the ShardRegion.</summary>
public interface IPartitionMessage
{
    /// <summary>The Partition's number, 0 and up.</summary>
    int Partition { get; }
}

/// <summary>What a Partition answers, to whoever sent it something, on whatever node.</summary>
public interface IPartitionAnswer
{
    /// <summary>The Partition's number, 0 and up.</summary>
    int Partition { get; }
}

/// <summary>What a sender knows a batch by: the incarnation of the graph that sends, and a number that it gives once.</summary>
/// <param name="Source">The incarnation; unique over all nodes and restarts.</param>
/// <param name="Number">The batch's number, 1 and up.</param>
public readonly record struct BatchId(Guid Source, long Number);

/// <summary>Answers an <see cref="EventBatch"/>: the effect of all its events is durable. Sent once for each copy that is not held.</summary>
/// <param name="Id">The batch.</param>
/// <param name="Partition">The Partition.</param>
public sealed record Accepted(BatchId Id, int Partition) : IPartitionAnswer;

/// <summary>Answers a copy of an <see cref="EventBatch"/> that the Partition holds already: it waits to become durable.</summary>
/// <param name="Id">The batch.</param>
/// <param name="Partition">The Partition.</param>
public sealed record Held(BatchId Id, int Partition) : IPartitionAnswer;

/// <summary>Keeps a Partition running though no event comes; answered by nothing.</summary>
/// <param name="Partition">The Partition.</param>
public sealed record KeepRunning(int Partition) : IPartitionMessage, IDeadLetterSuppression;

/// <summary>Asks for what a Partition says of itself; answered by a <see cref="PartitionStatus"/>.</summary>
/// <param name="Partition">The Partition.</param>
public sealed record GetStatus(int Partition) : IPartitionMessage;

/// <summary>Asks for a topic's Counters in memory; answered by <see cref="TopicRows"/>.</summary>
/// <param name="Partition">The topic's Partition.</param>
/// <param name="Page">The page's number.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Days">Days, as <see cref="DateOnly.DayNumber"/>; Counters of other days that wait for their flush are told of, too.</param>
public sealed record GetTopic(int Partition, byte Page, TopicKey Topic, IReadOnlyList<int> Days) : IPartitionMessage;

/// <summary>Rows as a flush would write them now.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Rows">The rows, at most one a day.</param>
public sealed record TopicRows(int Partition, IReadOnlyList<StatisticsRow> Rows) : IPartitionAnswer;

/// <summary>Writes all rows that changed until now to the statistics tables; answered by <see cref="Done"/>.</summary>
/// <param name="Partition">The Partition.</param>
public sealed record FlushNow(int Partition) : IPartitionMessage;

/// <summary>Flushes and checkpoints all that was persisted until now; answered by <see cref="Done"/>.</summary>
/// <param name="Partition">The Partition.</param>
public sealed record CheckpointNow(int Partition) : IPartitionMessage;

/// <summary>Computes Counters anew from the journal and corrects their rows; answered by <see cref="Rebuilt"/>.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Filter">Which Counters.</param>
public sealed record Rebuild(int Partition, StatisticsFilter Filter) : IPartitionMessage;

/// <summary>What was asked for is done.</summary>
/// <param name="Partition">The Partition.</param>
public sealed record Done(int Partition) : IPartitionAnswer;

/// <summary>What a rebuild did; or why it could not be done.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Counters">How many Counters were computed.</param>
/// <param name="Corrected">How many rows were written.</param>
/// <param name="Removed">How many rows were removed.</param>
/// <param name="Damage">Why it could not be done, or null.</param>
public sealed record Rebuilt(int Partition, long Counters, long Corrected, long Removed, string? Damage = null) : IPartitionAnswer;

/// <summary>Answers what a Partition cannot do before it serves, or after.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Phase">What it is doing.</param>
public sealed record NotServing(int Partition, PartitionPhase Phase) : IPartitionAnswer;

/// <summary>
/// The stop message of hand-off and shutdown: the Partition takes no more in, finishes the write, flushes, checkpoints and
/// stops; what is under way when its time has passed is left to the next owner's replay.
/// </summary>
/// <param name="Limit">How long that may take.</param>
public sealed record StopPartition(TimeSpan Limit);

/// <summary>
/// A Partition has a new owner, which takes events: published on the event stream of the actor system that runs it, so that
/// what the former owner may have held is sent again at once.
/// </summary>
/// <param name="Partition">The Partition.</param>
public sealed record PartitionServing(int Partition);
