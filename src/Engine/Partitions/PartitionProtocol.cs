using Akka.Actor;
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
public sealed record Accepted(BatchId Id, int Partition) : IPartitionAnswer;

/// <summary>Answers a copy of an <see cref="EventBatch"/> that the Partition holds already: it waits to become durable.</summary>
public sealed record Held(BatchId Id, int Partition) : IPartitionAnswer;

/// <summary>Asks for what a Partition says of itself, and has it run though no event comes for it; answered by a <see cref="PartitionStatus"/>.</summary>
public sealed record GetStatus(int Partition) : IPartitionMessage, IDeadLetterSuppression;

/// <summary>Asks for a topic's Counters in memory, those of some days (<see cref="DateOnly.DayNumber"/>) and those that wait for their flush, between two
/// days; answered by <see cref="TopicRows"/>.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Page">The page's number.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Days">The days that are asked for whether they wait for their flush or not.</param>
/// <param name="From">The first day that the answer may have.</param>
/// <param name="Through">The last one.</param>
public sealed record GetTopic(int Partition, byte Page, TopicKey Topic, IReadOnlyList<int> Days, int From, int Through) : IPartitionMessage
{
    /// <summary>How many days one question names at the most, so that it fits a frame.</summary>
    public const int MaxDays = 10_000;
}

/// <summary>Rows as a flush would write them now, at most one a day, and no more than fit a frame.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Through">The last day that is answered for; what comes after it is to be asked for anew.</param>
public sealed record TopicRows(int Partition, IReadOnlyList<StatisticsRow> Rows, int Through) : IPartitionAnswer;

/// <summary>Saves the Counters that are asked for as they are now, ahead of the checkpoint, so that what they hold can be read from the store; answered by
/// <see cref="Done"/>.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="Page">The page's number.</param>
/// <param name="From">The first day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Through">The last one.</param>
/// <param name="Topics">The topics, at most <see cref="MaxTopics"/>; empty for all.</param>
public sealed record SaveCounters(int Partition, byte Page, int From, int Through, IReadOnlyList<TopicKey> Topics) : IPartitionMessage
{
    /// <summary>How many topics one message names at the most, so that it fits a frame.</summary>
    public const int MaxTopics = 200;
}

/// <summary>Writes all rows that changed until now to the statistics tables; answered by <see cref="Done"/>.</summary>
public sealed record FlushNow(int Partition) : IPartitionMessage;

/// <summary>Flushes and checkpoints all that was persisted until now; answered by <see cref="Done"/>.</summary>
public sealed record CheckpointNow(int Partition) : IPartitionMessage;

/// <summary>Computes the Counters that a filter means anew from the journal and corrects their rows; answered by <see cref="Rebuilt"/>.</summary>
public sealed record Rebuild(int Partition, StatisticsFilter Filter) : IPartitionMessage;

/// <summary>What was asked for is done.</summary>
public sealed record Done(int Partition) : IPartitionAnswer;

/// <summary>What a rebuild did: how many Counters were computed, and how many rows written and removed; or what of it could not be done, and why.</summary>
public sealed record Rebuilt(int Partition, long Counters, long Corrected, long Removed, string? Damage = null) : IPartitionAnswer;

/// <summary>Answers what a Partition cannot do before it serves, or after.</summary>
public sealed record NotServing(int Partition, PartitionPhase Phase) : IPartitionAnswer;

/// <summary>The stop message of hand-off and shutdown: the Partition takes no more in, finishes the write, flushes, checkpoints and stops; what is under way
/// when its time has passed is left to the next owner's replay.</summary>
/// <param name="Limit">How long that may take.</param>
public sealed record StopPartition(TimeSpan Limit);

/// <summary>A Partition has a new owner, which takes events: published on the event stream of each node's actor system, so that what the former owner may
/// have held is sent again at once.</summary>
/// <param name="Partition">The Partition's number, 0 and up.</param>
/// <param name="IsElsewhere">Whether another node runs it.</param>
public sealed record PartitionServing(int Partition, bool IsElsewhere = false);

/// <summary>A Partition was given up here, for another node to run or since one does: published on the event stream of this node's actor system, so that the
/// others have it run at once, whether events come for it or not.</summary>
/// <param name="Status">What it said last.</param>
internal sealed record PartitionGivenUp(PartitionStatus Status) : INoSerializationVerificationNeeded;

/// <summary>What a Partition says of itself.</summary>
public sealed record PartitionStatus : IPartitionAnswer, IDeadLetterSuppression
{
    /// <inheritdoc/>
    public required int Partition { get; init; }

    /// <summary>The id of the node that runs it.</summary>
    public string Node { get; init; } = "";

    /// <summary>When it began to do what it is doing, in epoch milliseconds.</summary>
    public long SinceMs { get; init; }

    /// <summary>What it is doing.</summary>
    public PartitionPhase Phase { get; init; }

    /// <summary>The Epoch that it is owned under; 0 until it is owned.</summary>
    public long Epoch { get; init; }

    /// <summary>The SequenceNr of the last block that was persisted.</summary>
    public long SequenceNr { get; init; }

    /// <summary>The SequenceNr up to which recovery needs no journal.</summary>
    public long Checkpoint { get; init; }

    /// <summary>How many events were persisted since the checkpoint, as far as this owner knows.</summary>
    public long EventsSinceCheckpoint { get; init; }

    /// <summary>How many Counters are in memory.</summary>
    public int Counters { get; init; }

    /// <summary>How much memory Counters, slices and seen identities hold, in bytes.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>The size in bytes of the persisted slices that Counters have not applied yet.</summary>
    public long UnappliedBytes { get; init; }

    /// <summary>How many Counters wait for their flush.</summary>
    public int Unflushed { get; init; }

    /// <summary>How many Counters are set aside as damaged.</summary>
    public int Damaged { get; init; }

    /// <summary>What fails and is tried again, or null.</summary>
    public string? Failing { get; init; }

    /// <summary>What of the past it is computing; null where there is nothing, and of a Partition of another node, which does not send it.</summary>
    public BackfillStatus? Backfill { get; init; }
}

/// <summary>How a Partition comes on with its past.</summary>
/// <param name="Names">The metrics and breakdowns whose past it computes.</param>
/// <param name="Progress">How far it is; null where all of it is computed and cannot be given its name, or never is.</param>
/// <param name="IsStopped">Whether it waits because an operator stopped it.</param>
/// <param name="Error">What fails, or null.</param>
public sealed record BackfillStatus(IReadOnlyList<string> Names, BackfillProgress? Progress, bool IsStopped, string? Error);

/// <summary>What a Partition is doing.</summary>
public enum PartitionPhase
{
    /// <summary>It is taking ownership: the journal's highest number, and its Epoch.</summary>
    Owning = 0,
    /// <summary>It reads its checkpoint and the blocks behind it.</summary>
    Recovering = 1,
    /// <summary>It takes events.</summary>
    Serving = 2,
    /// <summary>It finishes, flushes and checkpoints, and will stop.</summary>
    Stopping = 3,
    /// <summary>It stopped, and waits to be started again.</summary>
    Stopped = 4,
}

/// <summary>A message of an actor to itself that says nothing but its own name: there is one instance of it.</summary>
/// <typeparam name="T">The message.</typeparam>
internal abstract record Signal<T> : INoSerializationVerificationNeeded
    where T : Signal<T>, new()
{
    public static T Instance { get; } = new();
}
