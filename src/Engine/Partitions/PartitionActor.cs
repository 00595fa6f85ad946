using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Pattern;
using Akka.Persistence;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Seen;

namespace DataLoad.Engine.Partitions;

/// <summary>Owns a fixed fraction of all Topics with all their days and seen identities: takes batches of events, drops duplicates, persists the rest as
/// blocks, answers, and hands each Counter its slice. This part is ownership, protocol and stop; the others are recovery, acceptance, Counters, flush,
/// checkpoint, rebuild and trim. What is new and what a block holds is decided by <see cref="EventAcceptance{TBatch}"/>.</summary>
/// <remarks>It owns before it reads: nothing is replayed by Akka; it persists <see cref="Owned"/>, whose SequenceNr is its Epoch, puts that in force, and
/// only then reads its checkpoint and the blocks behind it. Whoever has not seen all of the journal cannot write to it, since its SequenceNr is taken. It is
/// never restarted with anything in its hands: it stops, and a <see cref="BackoffSupervisor"/> starts a new one that reads the journal.</remarks>
internal sealed partial class PartitionActor : UntypedPersistentActor, IWithTimers
{
    private readonly PartitionContext _context;
    private readonly int _partition;
    private readonly MemoryAccount _memory;
    private readonly SeenRepair _repair;
    private StoreCalls _calls = null!;
    private SeenIdentities _seen = null!;
    private EventAcceptance<(BatchId Id, IActorRef Sender)> _acceptance = null!;
    private PartitionPhase _phase;
    private PartitionPhase _reported;
    private long _phaseSinceMs;
    private long _epoch;
    private long _startedAt;
    private bool _isWaitingForMembership;
    private bool _isWritingOwned;

    public PartitionActor(int partition, PartitionContext context)
    {
        _partition = partition;
        _context = context;
        _memory = new MemoryAccount(context.Budget, context.Settings.Partitions);
        _repair = new SeenRepair(partition, context.Plan.Catalog, context.Journal, context.Positions, context.Snapshots);
        PersistenceId = JournalReader.PersistenceIdOf(partition);
        _recent = new RecentBatches(context.Settings.RememberedBatches);
        _onPersisted = OnPersisted;
    }

    public override string PersistenceId { get; }
    public ITimerScheduler Timers { get; set; } = null!;
    public override Recovery Recovery => Recovery.None;

    private long NowMs => _context.Time.GetUtcNow().ToUnixTimeMilliseconds();

    public static Props Props(int partition, PartitionContext context) => Akka.Actor.Props.Create(() => new PartitionActor(partition, context));

    protected override void PreStart()
    {
        _calls = new StoreCalls(Self, Timers, _context.Backoff, _context.Logger, $"Partition {_partition}");
        Report();
        base.PreStart();
    }

    protected override void PostStop()
    {
        if (!Fault.Is(FaultPoint.CallsOutlivePartition))
        {
            _calls.End();
            _memory.Release();
        }

        bool isGivenUp = _phase is PartitionPhase.Stopping or PartitionPhase.Stopped;
        _phase = PartitionPhase.Stopped;
        Report();
        if (isGivenUp)
        {
            _context.Registry.Left(_partition);
            Context.System.EventStream.Publish(new PartitionGivenUp(Status()));
        }

        base.PostStop();
    }

    /// <summary>Counters break alone: one that fails is stopped, and set aside when its end is told.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void OnRecover(object message)
    {
        if (message is not RecoveryCompleted)
        {
            return;
        }

        _startedAt = _context.Time.GetTimestamp();
        if (_context.Registry.Found(_partition, LastSequenceNr, NowMs))
        {
            PartitionLog.WasTakenOver(_context.Logger, _partition, LastSequenceNr);
        }

        // Two owners that do not know of each other would take it from each other by turns. Whoever waits finds its number taken where the other went on.
        int losses = _context.Registry.LossesOf(_partition, NowMs);
        if (losses > 0)
        {
            var waits = new Scheduling.Backoff(PartitionRegistration.ShortestRestartWait, _context.RestartLimit);
            Timers.StartSingleTimer(OwnNow.Instance, OwnNow.Instance, waits.After(Math.Max(1, losses - 1)));
        }
        else
        {
            OwnAsMember();
        }
    }

    /// <summary>A node that was frozen or cut off fails to write before it knows that it is no member any more. Were it to take back what it lost, whoever has it
    /// now would lose it, and with it whatever other Partitions wrote in the same transaction.</summary>
    private void OwnAsMember()
    {
        bool hasFailed = _context.Registry.FailingOf(_partition) is not null || _context.Registry.LossesOf(_partition, NowMs) > 0;
        if (!hasFailed || _context.IsMemberSince(_startedAt))
        {
            Own();
            return;
        }

        if (!_isWaitingForMembership)
        {
            _isWaitingForMembership = true;
            PartitionLog.WaitsForMembership(_context.Logger, _partition);
        }

        Timers.StartSingleTimer(OwnNow.Instance, OwnNow.Instance, PartitionRegistration.MembershipPollInterval);
    }

    private void Own()
    {
        _isWritingOwned = true;
        PersistAsync(new Owned(_context.Node, NowMs), _ => OnOwned());
    }

    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case SlicesApplied applied: OnSlicesApplied(applied); break;
            case EventBatch batch: OnBatch(batch); break;
            case StoreReply reply: _calls.Handle(reply); break;
            case CounterRow row: OnRow(row); break;
            case CounterState state: OnState(state); break;
            case GroupWritten written: OnWritten(written); break;
            case CounterEnded ended: OnCounterEnded(ended.Id); break;
            case ReplayStarted: Sender.Tell(ReplayAck.Instance); break;
            case PersistedEntry entry: OnReplayed(entry); break;
            case ReplayEnded or ReplayFailed:
                _replayOutcome = message;
                EndReplay();
                break;
            case ReplayAgain: Replay(); break;
            case BlockDue: OnBlockDue(); break;
            case Tick or IdleTick: OnTick(message); break;
            case IPartitionMessage request: OnRequest(request); break;
            case StopPartition stop: OnStop(stop); break;
            case StopLimitPassed: Context.Stop(Self); break;
            case RefusedDue: TryRefused(); break;
            case BackfillAgain: OnBackfillAgain(); break;
            case OwnNow when _phase == PartitionPhase.Owning: OwnAsMember(); break;
            case OwnNow: break;
            default: Unhandled(message); break;
        }
    }

    /// <summary>The outcome of the write is unknown, so this incarnation knows nothing for certain any more: Akka stops it.</summary>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        PartitionLog.PersistFailed(_context.Logger, _partition, sequenceNr, cause.Message);
        if (Fault.Is(FaultPoint.FailedWriteAccepted) && @event is Block)
        {
            _acceptance.Persisted().Batches.ForEach(Answer);
        }

        if (_context.IsConflict(cause))
        {
            // No fault of the write's: whoever has the number goes on. Whose number it was, the journal says when the Partition starts again;
            // unless it is known already that another owns the Partition.
            if (_phase != PartitionPhase.Stopped)
            {
                _context.Registry.Refused(_partition, sequenceNr, NowMs);
            }

            Resign();
        }
        else
        {
            _context.Registry.PersistFailed(_partition, sequenceNr, cause.Message);
        }
    }

    /// <summary>Nothing was written, and Akka would go on without it: what depends on it would be answered as durable.</summary>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    private void OnOwned()
    {
        if (_phase == PartitionPhase.Stopping)
        {
            Context.Stop(Self);
            return;
        }

        _epoch = LastSequenceNr;
        _phase = PartitionPhase.Recovering;
        Report();
        bool readsAtOnce = Fault.Is(FaultPoint.ReadsBeforeEpochInForce);
        _calls.Start(
            "putting its Epoch in force",
            token => _context.Positions.RaiseEpochAsync(_partition, _epoch, token).AsTask(),
            isInForce => GoOnIf(isInForce, readsAtOnce ? () => { } : StartRecovery));
        if (readsAtOnce)
        {
            StartRecovery();
        }
    }

    private void OnRequest(IPartitionMessage request)
    {
        switch (request)
        {
            case GetStatus: Sender.Tell(Status()); break;
            case GetTopic topic when _phase == PartitionPhase.Serving: OnGetTopic(topic); break;
            case SaveCounters save when _phase == PartitionPhase.Serving: OnSaveCounters(save); break;
            case FlushNow or CheckpointNow or Rebuild when _phase == PartitionPhase.Serving:
                _requests.Enqueue((request, Sender));
                Upkeep();
                break;
            case GetTopic or SaveCounters or FlushNow or CheckpointNow or Rebuild: Sender.Tell(new NotServing(_partition, _phase)); break;
            default: Unhandled(request); break;
        }
    }

    private void OnStop(StopPartition stop)
    {
        if (_phase == PartitionPhase.Stopping)
        {
            return;
        }

        bool hasWrittenNothing = _phase == PartitionPhase.Owning && !_isWritingOwned;
        if (hasWrittenNothing || _phase is PartitionPhase.Recovering or PartitionPhase.Stopped || Fault.Is(FaultPoint.StopsWithoutFlush))
        {
            _phase = PartitionPhase.Stopped;
            Context.Stop(Self);
            return;
        }

        // What it writes to the journal is waited for: nothing of it is written once it has ended.
        bool isServing = _phase == PartitionPhase.Serving;
        _phase = PartitionPhase.Stopping;
        TimeSpan handOff = _context.Settings.HandOffLimit;
        TimeSpan limit = _context.HasOtherNodes() && handOff < stop.Limit ? handOff : stop.Limit;
        Timers.StartSingleTimer(StopLimitPassed.Instance, StopLimitPassed.Instance, limit);
        if (isServing)
        {
            // What is not taken into consideration yet goes to the next owner: its senders send it again.
            _arrived.Clear();
            Persist();
            Upkeep();
        }
    }

    /// <summary>Another owns the Partition.</summary>
    private void LoseOwnership()
    {
        if (_phase == PartitionPhase.Stopped)
        {
            return;
        }

        PartitionLog.TakenOver(_context.Logger, _partition, _epoch);
        _context.Registry.Lost(_partition, NowMs);
        Resign();
    }

    /// <summary>Stops for good, with its supervisor, which would take the Partition back; the region may start it again.</summary>
    private void Resign()
    {
        if (_phase == PartitionPhase.Stopped)
        {
            return;
        }

        if (Fault.Is(FaultPoint.RefusedStartsAgain))
        {
            Context.Stop(Self);
            return;
        }

        _phase = PartitionPhase.Stopped;
        _calls.End();
        Timers.CancelAll();
        Report();
        Context.Parent.Tell(new Passivate(new StopPartition(TimeSpan.Zero)));
    }

    /// <summary>Goes on where a fenced write found that the Partition is still owned here.</summary>
    private void GoOnIf(bool isOwned, Action then)
    {
        Action next = isOwned ? then : LoseOwnership;
        next();
    }

    /// <summary>What is needed to go on is damaged: nothing of this Partition can be counted until it is repaired.</summary>
    private void FailForGood(Exception damage)
    {
        PartitionLog.Damaged(_context.Logger, _partition, damage.Message);
        _context.Registry.Damaged(_partition, damage.Message);
        Context.Stop(Self);
    }

    private PartitionStatus Status() => new()
    {
        Partition = _partition,
        Node = _context.Node,
        SinceMs = _phaseSinceMs,
        Phase = _phase,
        Epoch = _epoch,
        SequenceNr = _appliedSequenceNr,
        Checkpoint = _checkpointed,
        EventsSinceCheckpoint = _eventsSinceCheckpoint,
        Counters = _counters.Count,
        ResidentBytes = _memory.Bytes,
        UnappliedBytes = _unappliedBytes,
        Unflushed = _flushList.Count + _partsList.Count + _rowsAwaited.Count + _flushing.Count + _refused.Count,
        Damaged = _damaged,
        Failing = _replayError ?? _calls.Failing ?? RefusedError ?? _backfillError,
        Backfill = BackfillStatus(),
    };

    private void Report()
    {
        if (_reported != _phase || _phaseSinceMs == 0)
        {
            (_reported, _phaseSinceMs) = (_phase, NowMs);
        }

        _context.Registry.Report(Status());
    }

    private sealed record BlockDue : Signal<BlockDue>;
    private sealed record StopLimitPassed : Signal<StopLimitPassed>;
    private sealed record OwnNow : Signal<OwnNow>;
}
