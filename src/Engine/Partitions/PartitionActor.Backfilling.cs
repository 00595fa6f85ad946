using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Partitions;

/// <content>Metrics and breakdowns that were declared after events had come: their past is computed from the journal while counting goes on, some Counters at a
/// time. What came meanwhile is read at a quiet point, where the Counters take the place of those in memory.</content>
internal sealed partial class PartitionActor
{
    private const string Computing = "computing the past of metrics and breakdowns";

    private BackfillMarks _backfilled = BackfillMarks.None;
    private Backfill? _backfill;
    private string? _backfillError;
    private string? _namingError;
    private int _namingFailures;

    private BackfillStatus? BackfillStatus() => _backfill is { } backfill
        ? new BackfillStatus([.. backfill.Missing.Select(declaration => declaration.Name)], backfill.Progress, _context.BackfillSwitch.WasStopped, null)
        : (_backfillError ?? _namingError) is { } error ? new BackfillStatus([], null, IsStopped: false, error) : null;

    /// <summary>What the Partition's Counters lack of what is counted. What is complete nobody lacks, and one that had no owner before has no past.</summary>
    private void PlanBackfill(IReadOnlyList<Declaration> declared, BackfillMarks marks)
    {
        _backfilled = marks;
        Declaration[] incomplete = [.. declared.Where(declaration => !declaration.IsComplete)];
        Declaration[] missing = [.. incomplete.Where(declaration => !marks.Has(declaration))];
        if (missing.Length > 0)
        {
            _backfill = new Backfill(_context, _partition, missing);
        }
        else if (incomplete.Length > 0)
        {
            // Whoever was the last may have ended before it gave the names.
            GiveNames();
        }
    }

    private void StartBackfill()
    {
        // A table is complete only with all of its rows.
        if (_backfill is not { IsRunning: false } backfill || _phase != PartitionPhase.Serving || _isTrimming
            || ((backfill.IsDone || _epoch == 1) && _refused.Count > 0))
        {
            return;
        }

        backfill.IsRunning = true;
        if (backfill.IsDone || _epoch == 1)
        {
            _requests.Enqueue((BackfillKept.Instance, ActorRefs.Nobody));
            Upkeep();
            return;
        }

        long through = _appliedSequenceNr;
        _calls.Start(Computing, token => backfill.ReadAsync(through, token), OnRead, OnBackfillFailed);
    }

    private void OnRead(bool isWhole)
    {
        if (isWhole)
        {
            _requests.Enqueue((CatchUpBackfill.Instance, ActorRefs.Nobody));
            Upkeep();
        }
        else
        {
            Timers.StartSingleTimer(BackfillAgain.Instance, BackfillAgain.Instance, _context.Settings.BackfillCheckInterval);
            Report();
        }
    }

    private void OnBackfillAgain()
    {
        if (_backfill is { } backfill)
        {
            backfill.IsRunning = false;
            Upkeep();
        }
        else
        {
            GiveNames();
        }
    }

    /// <summary>At a quiet point: what came since is little.</summary>
    private void CatchUp(Backfill backfill)
    {
        _isRebuilding = true;
        _calls.Start(Computing, async token =>
        {
            IReadOnlyCollection<Counter> counters = await backfill.CatchUpAsync(token);
            return (Counters: counters, Stored: await StoredPagesAsync(counters, token));
        }, caughtUp => OnCaughtUp(caughtUp.Counters, caughtUp.Stored), OnBackfillFailed);
    }

    private void OnCaughtUp(IReadOnlyCollection<Counter> counters, Dictionary<CounterId, IReadOnlyList<PartPages>> stored)
    {
        foreach (Counter counter in counters)
        {
            Replace(counter, stored);
        }

        _backfill!.Next();
        _backfill.IsRunning = false;
        EndQuiet();
    }

    /// <summary>All of it is kept: the Partition says so, and the last of them gives tables and columns their names.</summary>
    private void SaveBackfilled(Backfill backfill)
    {
        if (_refused.Count > 0)
        {
            backfill.IsRunning = false;
            EndQuiet();
            return;
        }

        _isRebuilding = true;
        BackfillMarks marks = _backfilled.With(backfill.Missing, backfill.LacksBeforeMs);
        _calls.Start(
            "marking the past as computed",
            token => _context.Declarations.SaveBackfilledAsync(_partition, _epoch, marks, token).AsTask(),
            isOwned => GoOnIf(isOwned, () =>
            {
                PartitionLog.Backfilled(_context.Logger, _partition, string.Join(", ", backfill.Missing.Select(declaration => declaration.Name)));
                _backfilled = marks;
                _backfill = null;
                EndQuiet();
                GiveNames();
            }));
    }

    /// <summary>Counting goes on meanwhile: the role may have to be given rights first.</summary>
    private void GiveNames() => _calls.Start(
        "naming what was computed over the past",
        token => _context.Declarations.CompleteAsync(_context.Settings.Partitions, token).AsTask(),
        named =>
        {
            _namingFailures = 0;
            _namingError = null;
            foreach (string name in named)
            {
                PartitionLog.Named(_context.Logger, name);
            }

            Report();
        },
        error =>
        {
            if (error is not StoreException)
            {
                return false;
            }

            _namingError = error.Message;
            if (_namingFailures++ == 0)
            {
                PartitionLog.NamingFailed(_context.Logger, error.Message);
            }

            Timers.StartSingleTimer(BackfillAgain.Instance, BackfillAgain.Instance, _context.Backoff.After(_namingFailures));
            Report();
            return true;
        });

    private void EndQuiet()
    {
        _isRebuilding = false;
        _requests.Dequeue();
        Upkeep();
    }

    /// <summary>What is damaged is named; counting goes on without the past, and its tables and columns have no names.</summary>
    private bool OnBackfillFailed(Exception error)
    {
        if (error is not (StoredFormatException or OverflowException))
        {
            return false;
        }

        _backfillError = $"{Computing}: {error.Message}";
        PartitionLog.BackfillFailed(_context.Logger, _partition, error.Message);
        _backfill = null;
        if (_isRebuilding)
        {
            EndQuiet();
        }

        Report();
        return true;
    }

    /// <summary>The rest is to be read, at a quiet point.</summary>
    private sealed record CatchUpBackfill : Signal<CatchUpBackfill>;

    /// <summary>The past is to be marked as computed, once all of it is kept.</summary>
    private sealed record BackfillKept : Signal<BackfillKept>;

    /// <summary>It is time to see whether computing may go on, or the names be given.</summary>
    private sealed record BackfillAgain : Signal<BackfillAgain>;
}
