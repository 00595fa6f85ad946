using Akka.Actor;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;

namespace DataLoad.Engine.Partitions;

/// <content>What is due beside the events: flush, checkpoint, passivation, what was asked for, and the end of a stop.</content>
internal sealed partial class PartitionActor
{
    /// <summary>The name of the group writer of rows.</summary>
    public const string StatisticsWriterName = "statistics";

    /// <summary>The name of the group writer of snapshots.</summary>
    public const string SnapshotWriterName = "snapshots";

    private readonly Queue<(object Request, IActorRef Asker)> _requests = new();
    private (CompactionPlan Plan, IReadOnlyList<Snapshot> Loaded)? _merge;
    private bool _isInUpkeep;
    private bool _upkeepAgain;

    /// <summary>Whether a flush is due whatever its interval says.</summary>
    private bool MustFlush => _phase == PartitionPhase.Stopping || _requests.Count > 0;

    /// <summary>Whether a checkpoint is due whatever its interval says.</summary>
    private bool MustCheckpoint => _phase == PartitionPhase.Stopping || (_requests.Count > 0 && _requests.Any(request => request.Request is not FlushNow));

    /// <summary>Whether memory must be freed before more is taken in, and can be: something is under way that may go once it is kept.</summary>
    private bool IsPressed => _memory.IsOverShare && (!_acceptance.IsIdle || _unappliedBytes > 0 || _checkpointTarget >= 0
        || _flushList.Count > 0 || _partsList.Count > 0 || _isFlushing || _saveList.Count > 0 || _seen.HasChangedKeys);

    /// <summary>Whether all that was persisted is applied and flushed.</summary>
    private bool IsFlushed => _unappliedBytes == 0 && _toLoad.Count == 0 && !_isLoadingCounters && !_isFlushing && _flushList.Count == 0 && _partsList.Count == 0;

    /// <summary>Whether all that was persisted is applied, flushed and in the checkpoint.</summary>
    private bool IsKept => IsFlushed && _saveStep == SaveStep.None && _checkpointTarget < 0 && _saveList.Count == 0 && !_seen.HasChangedKeys;

    /// <summary>Does what is due; what that makes due is done in the same call.</summary>
    private void Upkeep()
    {
        if (_phase is not (PartitionPhase.Serving or PartitionPhase.Stopping or PartitionPhase.Recovering) || _seen is null)
        {
            return;
        }

        _upkeepAgain = true;
        if (_isInUpkeep)
        {
            return;
        }

        _isInUpkeep = true;
        while (_upkeepAgain)
        {
            _upkeepAgain = false;
            DoUpkeep();
        }

        _isInUpkeep = false;
        AskForReplay();
        AcceptWhenDue();
        Report();
    }

    private void DoUpkeep()
    {
        if (_memory.IsOver)
        {
            _seen.Account();
            Passivate(_memory.ShareOfExcess);
        }

        if (!_isRebuilding)
        {
            StartFlush();
            if (_saveStep == SaveStep.None && _merge is { } merge)
            {
                _merge = null;
                Merge(merge);
            }

            StartSave();
            StartTrim();
            StartBackfill();
            KeepSessions();
            RunRequests();
        }

        if (_phase == PartitionPhase.Stopping && _acceptance.IsIdle && IsKept && !_isTrimming)
        {
            PartitionLog.Stopped(_context.Logger, _partition, _appliedSequenceNr, _checkpointed);
            Context.Stop(Self);
        }
    }

    /// <summary>Answers what was asked for and is done by now; a rebuild begins when nothing else is under way.</summary>
    private void RunRequests()
    {
        while (_requests.TryPeek(out (object Request, IActorRef Asker) next) && _acceptance.IsIdle)
        {
            switch (next.Request)
            {
                case FlushNow when IsFlushed:
                case CheckpointNow when IsKept:
                    _requests.Dequeue();
                    next.Asker.Tell(new Done(_partition));
                    break;
                case CatchUpBackfill when _phase == PartitionPhase.Serving && IsKept && !_isTrimming && _backfill is { } backfill:
                    CatchUp(backfill);
                    return;
                case BackfillKept when _phase == PartitionPhase.Serving && IsKept && _backfill is { } backfill:
                    SaveBackfilled(backfill);
                    return;
                case Rebuild rebuild when IsKept && !_isTrimming:
                    StartRebuild(rebuild.Filter, next.Asker);
                    return;
                default:
                    return;
            }
        }
    }
}
