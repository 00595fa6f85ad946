namespace DataLoad.Engine.Faults;

/// <summary>
/// Places where the engine can be made wrong on purpose, one at a time, so that the simulation can show that it would
/// notice. What each breaks is an invariant of docs/ARCHITECTURE.md.
/// </summary>
internal enum FaultPoint
{
    /// <summary>The engine is right.</summary>
    None = 0,

    /// <summary>Deliveries are done when their events are accepted, not when they are journaled.</summary>
    AckBeforeCommit,

    /// <summary>Duplicates of events that are not journaled yet are not noticed.</summary>
    NoDedupeInFlight,

    /// <summary>A duplicate of an event in flight is done at once.</summary>
    DuplicateDoneBeforeCommit,

    /// <summary>A flush overwrites rows of a later SequenceNr.</summary>
    FlushIgnoresVersion,

    /// <summary>A snapshot overwrites one of a later SequenceNr.</summary>
    SnapshotIgnoresVersion,

    /// <summary>An ownership that ends does not wait for its shards.</summary>
    ShardsNotAwaited,

    /// <summary>A checkpoint does not wait for the flush.</summary>
    CheckpointBeforeFlush,

    /// <summary>A checkpoint passes events that came after its snapshots were taken.</summary>
    CheckpointPastTarget,

    /// <summary>The store takes writes of any epoch.</summary>
    EpochNotChecked,

    /// <summary>A shard that is told that its epoch is stale goes on as if its block were journaled.</summary>
    StaleShardGoesOn,

    /// <summary>An event of a Counter that is not in memory starts it from nothing.</summary>
    LateEventOverwrites,

    /// <summary>Counters are dropped from memory before they are kept.</summary>
    PassivatesUnkept,

    /// <summary>The row of a parked delivery is removed when it is taken up.</summary>
    ParkedRemovedEarly,

    /// <summary>An event without identity does not take that of its parked row.</summary>
    ParkedWithoutIdentity,

    /// <summary>Rejected deliveries are done before the broker confirms their dead letters.</summary>
    DeadLetterDoneBeforeConfirm,

    /// <summary>Seen keys are not part of a checkpoint.</summary>
    SeenKeysNotKept,

    /// <summary>Seen hashes are not part of a checkpoint.</summary>
    SeenHashesNotKept,

    /// <summary>Recovery leaves out the journal's last block.</summary>
    RecoverySkipsLastBlock,

    /// <summary>Recovery does not flush the Counters that it replayed.</summary>
    ReplayedNotFlushed,

    /// <summary>The watermark is the highest delivery that is done, whatever is not below it.</summary>
    AckBeyondWatermark,

    /// <summary>Blocks are trimmed without being taken into the baseline.</summary>
    TrimWithoutBaseline,

    // Those of Partitions; the ones above go with the shards, but for those that are named in both.

    /// <summary>A batch is answered as soon as it is considered, before its block is persisted.</summary>
    AcceptedBeforePersisted,

    /// <summary>A batch that holds only duplicates is answered at once, though what it duplicates may be in flight.</summary>
    DuplicateAcceptedBeforePersisted,

    /// <summary>The batches of a block whose write failed are answered, as if it were persisted.</summary>
    FailedWriteAccepted,

    /// <summary>A Partition that is told that its Epoch is stale goes on, as if what it sent were written.</summary>
    StaleWriteIgnored,

    /// <summary>A Partition reads its positions before its Epoch is in force.</summary>
    ReadsBeforeEpochInForce,

    /// <summary>A Partition that is told to stop does so at once, without flush and checkpoint.</summary>
    StopsWithoutFlush,

    /// <summary>A Counter that is met is not loaded: it starts from nothing.</summary>
    StoredCounterNotLoaded,

    /// <summary>Counters are passivated before they are flushed and saved.</summary>
    PassivatesUnwritten,

    /// <summary>Slices that reach a Counter while it is being stopped are lost.</summary>
    SlicesLostAtPassivation,

    /// <summary>A Counter applies slices that its state holds already.</summary>
    SliceAppliedTwice,

    /// <summary>The identities of blocks that are replayed are not remembered.</summary>
    ReplayedNotSeen,

    /// <summary>A batch is not sent again.</summary>
    BatchNotSentAgain,

    /// <summary>An event without identity gets another one each time that its batch is sent.</summary>
    IdentityMadeAtResend,

    /// <summary>Deliveries are done when any later one of their channel is.</summary>
    CompletesEarlierDeliveries,
}
