namespace DataLoad.Engine.Faults;

/// <summary>Places where the engine can be made wrong on purpose, one at a time, so that the simulation can show that it would notice.</summary>
/// <remarks>What each breaks is an invariant of docs/ARCHITECTURE.md.</remarks>
internal enum FaultPoint
{
    /// <summary>The engine is right.</summary>
    None = 0,
    /// <summary>A batch is answered as soon as it is considered, before its block is persisted.</summary>
    AcceptedBeforePersisted,
    /// <summary>A batch that holds only duplicates is answered at once, though what it duplicates may be in flight.</summary>
    DuplicateAcceptedBeforePersisted,
    /// <summary>The batches of a block whose write failed are answered, as if it were persisted.</summary>
    FailedWriteAccepted,
    /// <summary>Duplicates of events that are not persisted yet are not noticed.</summary>
    NoDedupeInFlight,
    /// <summary>The identities of a block are not remembered once it is persisted: a batch that was accepted and comes again counts again.</summary>
    PersistedNotSeen,
    /// <summary>A batch is not sent again where its answer does not come, as when it was lost at a hand-off.</summary>
    BatchNotSentAgain,
    /// <summary>The store takes writes of any Epoch.</summary>
    EpochNotChecked,
    /// <summary>A Partition that is told that its Epoch is stale goes on, as if what it sent were written.</summary>
    StaleWriteIgnored,
    /// <summary>A group write of which some are stale is answered as if all were written.</summary>
    StaleInGroupIgnored,
    /// <summary>A Partition reads its positions before its Epoch is in force.</summary>
    ReadsBeforeEpochInForce,
    /// <summary>A Partition that was refused is started again beside the new one, and takes its place back.</summary>
    RefusedStartsAgain,
    /// <summary>A Partition that ends leaves its calls of the store running, and its memory accounted for.</summary>
    CallsOutlivePartition,
    /// <summary>A Partition that is told to stop does so at once, without flush and checkpoint.</summary>
    StopsWithoutFlush,
    /// <summary>A flush overwrites rows of a later SequenceNr.</summary>
    FlushIgnoresVersion,
    /// <summary>A snapshot overwrites one of a later SequenceNr.</summary>
    SnapshotIgnoresVersion,
    /// <summary>A checkpoint does not wait for the flush.</summary>
    CheckpointBeforeFlush,
    /// <summary>A checkpoint passes events that came after its snapshots were taken.</summary>
    CheckpointPastTarget,
    /// <summary>Who asks for Counters to be saved is answered before they are.</summary>
    SaveAnsweredBeforeWritten,
    /// <summary>Seen keys are not part of a checkpoint.</summary>
    SeenKeysNotKept,
    /// <summary>Seen hashes are not part of a checkpoint.</summary>
    SeenHashesNotKept,
    /// <summary>The index of sessions takes a block for one without events.</summary>
    SessionsNotIndexed,
    /// <summary>Recovery leaves out the journal's last block.</summary>
    RecoverySkipsLastBlock,
    /// <summary>Recovery does not flush the Counters that it replayed.</summary>
    ReplayedNotFlushed,
    /// <summary>The identities of blocks that are replayed are not remembered.</summary>
    ReplayedNotSeen,
    /// <summary>A Counter that is met is not loaded: it starts from nothing.</summary>
    StoredCounterNotLoaded,
    /// <summary>Counters are passivated before they are flushed and saved.</summary>
    PassivatesUnwritten,
    /// <summary>Slices that reach a Counter while it is being stopped are lost.</summary>
    SlicesLostAtPassivation,
    /// <summary>A Counter applies slices that its state holds already.</summary>
    SliceAppliedTwice,
    /// <summary>The journal is trimmed without being taken into the baseline.</summary>
    TrimWithoutBaseline,
    /// <summary>Trimming deletes what announces owners, too: an owner that is long stale finds its next number free.</summary>
    TrimTakesAnnouncements,
    /// <summary>The row of a parked delivery is removed when it is taken up.</summary>
    ParkedRemovedEarly,
    /// <summary>Deliveries are done before the batch that holds them, which is to be parked, is stored.</summary>
    ParkedBatchDoneBeforeStored,
    /// <summary>An event without identity does not take that of its parked row.</summary>
    ParkedWithoutIdentity,
    /// <summary>Deliveries are done before the broker confirms their dead letters.</summary>
    DeadLetterDoneBeforeConfirm,
}

/// <summary>Whether a fault point is switched on: none ever is in the product.</summary>
/// <remarks>Asking costs a field's load and a comparison, so it may be asked wherever a batch, but not where a single event is handled.</remarks>
internal static class Fault
{
    /// <summary>The fault point that is on, for the whole process; set by tests, before what they run starts.</summary>
    public static FaultPoint On { get; set; }

    public static bool Is(FaultPoint point) => On == point;
}
