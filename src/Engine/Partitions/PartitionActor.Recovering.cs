using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>Coming back: what is stored, and the blocks behind the checkpoint, read with back-pressure.</content>
internal sealed partial class PartitionActor
{
    private readonly SliceBuilder _replayedSlices = new();
    private readonly List<(byte Stream, TopicKey Topic, EventId Identity)> _replayedIdentities = [];
    private BlockDecoder _decoder = null!;
    private IActorRef? _replay;
    private PersistedEntry? _replaying;
    private object? _replayOutcome;
    private string? _replayError;
    private int _replayFailures;
    private long _replayedBlocks;
    private long _checkpointed;
    private bool _hasStoredCounters;
    private bool _hasStoredKeys;

    private void StartRecovery() => _calls.Start("reading its checkpoint", LoadStartAsync, OnStart, OnLoadFailed);

    private async Task<RecoveryStart> LoadStartAsync(CancellationToken cancellationToken)
    {
        PartitionPositions positions = await _context.Positions.LoadAsync(_partition, cancellationToken);
        var damaged = new List<SegmentDamageException>();
        var options = new SeenHashesOptions { WindowMs = (long)_context.Settings.IdentityWindow.TotalMilliseconds };
        SeenHashes hashes = await SeenHashes.OpenAsync(_partition, _context.Snapshots, options, damaged, cancellationToken);
        bool hasCounters = await HasStoredAsync(SnapshotKind.Counter, positions, cancellationToken);
        bool hasKeys = await HasStoredAsync(SnapshotKind.SeenKeys, positions, cancellationToken);
        IReadOnlyList<Declaration> declared = await _context.Declarations.ListAsync(cancellationToken);
        BackfillMarks backfilled = await _context.Declarations.BackfilledAsync(_partition, cancellationToken);
        return new RecoveryStart(positions, hashes, damaged, hasCounters, hasKeys, declared, backfilled);
    }

    /// <summary>Whether the store may hold snapshots of a kind: it does where a checkpoint was made, and is asked where none was.</summary>
    private async Task<bool> HasStoredAsync(SnapshotKind kind, PartitionPositions positions, CancellationToken cancellationToken)
    {
        if (positions.Checkpoint > 0)
        {
            return true;
        }

        await foreach (Snapshot _ in _context.Snapshots.ListAsync(_partition, kind, [], cancellationToken))
        {
            return true;
        }

        return false;
    }

    private void OnStart(RecoveryStart start)
    {
        if (start.Positions.Epoch != _epoch && !Fault.Is(FaultPoint.ReadsBeforeEpochInForce))
        {
            LoseOwnership();
            return;
        }

        PartitionLog.OwnedHere(_context.Logger, _partition, _epoch, start.Positions.Checkpoint);
        _checkpointed = _flushedThrough = _appliedSequenceNr = start.Positions.Checkpoint;
        _baseline = start.Positions.Baseline;
        _hasStoredCounters = start.HasCounters;
        _hasStoredKeys = start.HasKeys;
        PlanBackfill(start.Declared, start.Backfilled);
        _decoder = new BlockDecoder(_context.Plan.Catalog);
        _seen = new SeenIdentities(start.Hashes, _memory);
        _acceptance = new EventAcceptance<(BatchId, IActorRef)>(_partition, _seen) { NextSequenceNr = _epoch + 1 };
        _lastCheckpointAt = _lastTrimAt = _context.Time.GetTimestamp();
        RepairHashes(new Queue<SegmentDamageException>(start.Damaged), Replay);
    }

    private void Replay()
    {
        if (_checkpointed >= _epoch - 1)
        {
            OnRecovered();
            return;
        }

        _context.Journal.Read(_partition, _appliedSequenceNr + 1, Fault.Is(FaultPoint.RecoverySkipsLastBlock) ? _epoch - 2 : _epoch - 1)
            .RunWith(
                Sink.ActorRefWithAck<PersistedEntry>(Self, ReplayStarted.Instance, ReplayAck.Instance, ReplayEnded.Instance, error => new ReplayFailed(error)),
                Context.Materializer());
    }

    /// <summary>The end of the stream is told without regard to its last block, which may still wait for its seen keys.</summary>
    private void EndReplay()
    {
        if (_replaying is not null || _replayOutcome is not { } outcome)
        {
            return;
        }

        _replayOutcome = null;
        _replay = null;
        if (outcome is not ReplayFailed { Error: Exception error })
        {
            OnRecovered();
        }
        else if (!OnLoadFailed(error))
        {
            // Read on from where it failed: what was replayed is applied.
            _replayError = error.Message;
            TimeSpan wait = _context.Backoff.After(++_replayFailures);
            PartitionLog.StoreCallFailed(_context.Logger, $"Partition {_partition}", "reading its journal", _replayFailures, wait, _replayError);
            Timers.StartSingleTimer(ReplayAgain.Instance, ReplayAgain.Instance, wait);
        }
    }

    private void OnReplayed(PersistedEntry entry)
    {
        _replay = Sender;
        _replayFailures = 0;
        _replayError = null;
        if (entry.Entry is not Block block)
        {
            _appliedSequenceNr = entry.SequenceNr;
            AskForReplay();
            return;
        }

        try
        {
            _replaying = entry;
            Decode(entry.SequenceNr, block);
        }
        catch (StoredFormatException e)
        {
            FailForGood(e);
            return;
        }

        LoadKeys(() => ApplyReplayed(entry.SequenceNr, block));
    }

    /// <summary>Reads a block once: what its Counters take, and its identities, which wait for the seen keys that they are added to.</summary>
    private void Decode(long sequenceNr, Block block)
    {
        _replayedSlices.Clear();
        _replayedIdentities.Clear();
        _decoder.Open(_partition, sequenceNr, block);
        while (_decoder.Next())
        {
            BusinessEvent @event = _decoder.Event;
            if (@event.Identity.Kind == IdentityKind.Key)
            {
                _seen.Touch(KeyChunkId.Of(@event.Stream.Id, @event.Topic, @event.Identity.Value));
            }

            _replayedIdentities.Add((@event.Stream.Id, @event.Topic, @event.Identity));
            _replayedSlices.Add(
                new CounterId(_context.Plan.PageByStream[@event.Stream.Id].Id, @event.Topic, @event.Day),
                new SliceEntry(@event.Stream.Id, _decoder.PayloadOffset, _decoder.PayloadLength));
        }
    }

    private void ApplyReplayed(long sequenceNr, Block block)
    {
        if (!Fault.Is(FaultPoint.ReplayedNotSeen))
        {
            foreach ((byte stream, TopicKey topic, EventId identity) in _replayedIdentities)
            {
                _seen.Add(stream, topic, identity, _decoder.JournaledAtMs);
            }
        }

        _seen.BlockAdded();
        _seen.Account();
        _replayedBlocks++;
        _eventsSinceCheckpoint += _decoder.EventCount;
        _replaying = null;
        Distribute(sequenceNr, _replayedSlices.Build(sequenceNr, block));
        Upkeep();
        AskForReplay();
        EndReplay();
    }

    /// <summary>Asks for the next block, unless slices or memory are at their bound: then the end of that asks.</summary>
    private void AskForReplay()
    {
        if (_phase == PartitionPhase.Recovering && !HasRoom)
        {
            GivePending();
        }

        if (_phase == PartitionPhase.Recovering && _replay is { } replay && _replaying is null && HasRoom)
        {
            _replay = null;
            replay.Tell(ReplayAck.Instance);
        }
    }

    private void OnRecovered()
    {
        _appliedSequenceNr = _epoch;
        _phase = PartitionPhase.Serving;
        PartitionLog.Recovered(_context.Logger, _partition, _epoch, _eventsSinceCheckpoint, _replayedBlocks, _checkpointed);
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, _context.Settings.FlushInterval);
        Report();
        Context.System.EventStream.Publish(new PartitionServing(_partition));
        Accept();
        Upkeep();
    }

    private bool OnLoadFailed(Exception error)
    {
        if (error is not StoredFormatException)
        {
            return false;
        }

        FailForGood(error);
        return true;
    }

    private sealed record RecoveryStart(
        PartitionPositions Positions, SeenHashes Hashes, IReadOnlyList<SegmentDamageException> Damaged, bool HasCounters, bool HasKeys,
        IReadOnlyList<Declaration> Declared, BackfillMarks Backfilled);

    private sealed record ReplayStarted : Signal<ReplayStarted>;
    private sealed record ReplayAck : Signal<ReplayAck>;
    private sealed record ReplayEnded : Signal<ReplayEnded>;
    private sealed record ReplayAgain : Signal<ReplayAgain>;
    private sealed record ReplayFailed(Exception Error) : INoSerializationVerificationNeeded;
}
