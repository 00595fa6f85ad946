using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Partitions;

/// <summary>What a Partition knows of one of its Counters: where it stands, and what of it is written where.</summary>
internal sealed class CounterEntry(CounterId id, Page page)
{
    // The actor, its mailbox and its place among the Partition's children (measured), and this.
    private const int OwnBytes = 2_200;

    /// <summary>In place of a SequenceNr: what is to be written is not written.</summary>
    public const long NotWritten = -1;

    public CounterId Id => id;
    public Page Page => page;

    /// <summary>The Counter, or null while its state is being loaded.</summary>
    public IActorRef? Actor { get; set; }

    /// <summary>What waits for the Counter to be there: while it is loaded, or while the one before it ends.</summary>
    public List<ICounterMessage> Waiting { get; } = [];

    /// <summary>Whether the actor was told to stop and has not ended yet.</summary>
    public bool IsStopping { get; set; }

    /// <summary>The SequenceNr of the last slice for it.</summary>
    public long SlicedSequenceNr { get; set; }

    /// <summary>The SequenceNr of the last slice that it applied.</summary>
    public long AppliedSequenceNr { get; set; }

    /// <summary>The SequenceNr that its row holds at, as far as this owner knows.</summary>
    public long FlushedSequenceNr { get; set; }

    /// <summary>The SequenceNr that its stored state holds at.</summary>
    public long SavedSequenceNr { get; set; }

    public bool IsInFlushList { get; set; }
    public bool IsInSaveList { get; set; }

    /// <summary>Grows with use; what was used at a lower value was not used for longer.</summary>
    public long LastUsed { get; set; }

    /// <summary>What its slices that are not applied yet hold, in bytes.</summary>
    public long UnappliedBytes { get; set; }

    /// <summary>What is accounted for it, in bytes; 0 until its state is there.</summary>
    public long AccountedBytes { get; set; }

    /// <summary>Why it cannot be counted on: it is neither flushed nor saved until it is rebuilt.</summary>
    public string? Damage { get; set; }

    /// <summary>Whether all of it is applied, flushed and saved, so that it may be passivated.</summary>
    public bool IsClean => Actor is not null && !IsStopping && Damage is null && !IsInFlushList && !IsInSaveList
        && SlicedSequenceNr == AppliedSequenceNr && SlicedSequenceNr == FlushedSequenceNr && SlicedSequenceNr == SavedSequenceNr;

    /// <summary>What a Counter holds with its actor, in bytes.</summary>
    public static long BytesOf(long stateBytes) => stateBytes + OwnBytes;
}
