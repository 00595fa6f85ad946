using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>Breakdowns that were turned on after events had come: their past is computed from the journal while counting goes on, some Counters at a time. What
/// came meanwhile is read at a quiet point, where the Counters take the place of those in memory.</content>
internal sealed partial class PartitionActor
{
    private IReadOnlySet<string> _filled = new HashSet<string>(StringComparer.Ordinal);
    private BreakdownFill? _fill;
    private string? _fillError;

    /// <summary>What of the breakdowns that are on the Partition's Counters lack. A Partition that had no owner before has no past.</summary>
    private void PlanFill(IReadOnlyList<AgreedBreakdown> agreed, IReadOnlySet<string> filled)
    {
        _filled = filled;
        AgreedBreakdown[] missing = [.. agreed.Where(breakdown => !filled.Contains(breakdown.Mark))];
        if (missing.Length > 0)
        {
            _fill = new BreakdownFill(_context, _partition, missing);
        }
    }

    private void StartFill()
    {
        // A table is complete only with all of its rows.
        if (_fill is not { IsRunning: false } fill || _phase != PartitionPhase.Serving || _isTrimming || ((fill.IsDone || _epoch == 1) && _refused.Count > 0))
        {
            return;
        }

        fill.IsRunning = true;
        if (fill.IsDone || _epoch == 1)
        {
            _requests.Enqueue((FillKept.Instance, ActorRefs.Nobody));
            Upkeep();
            return;
        }

        _calls.Start(
            "computing breakdowns over the past",
            fill.ReadAsync,
            _ =>
            {
                _requests.Enqueue((CatchUpFill.Instance, ActorRefs.Nobody));
                Upkeep();
            },
            OnFillFailed);
    }

    /// <summary>At a quiet point: what came since is little.</summary>
    private void CatchUp(BreakdownFill fill)
    {
        _isRebuilding = true;
        _calls.Start("computing breakdowns over the past", fill.CatchUpAsync, OnCaughtUp, OnFillFailed);
    }

    private void OnCaughtUp(IReadOnlyCollection<Counter> counters)
    {
        foreach (Counter counter in counters)
        {
            Replace(counter);
        }

        _fill!.Next();
        _fill.IsRunning = false;
        EndQuiet();
    }

    /// <summary>All of it is kept: the Partition says so, and the last of them gives the tables their names.</summary>
    private void SaveFilled(BreakdownFill fill)
    {
        if (_refused.Count > 0)
        {
            fill.IsRunning = false;
            EndQuiet();
            return;
        }

        _isRebuilding = true;
        string[] marks = [.. _filled, .. fill.Missing.Select(breakdown => breakdown.Mark)];
        _calls.Start(
            "marking breakdowns as computed",
            token => _context.Breakdowns.SaveFilledAsync(_partition, _epoch, marks, token).AsTask(),
            isOwned => GoOnIf(isOwned, () => _calls.Start(
                "naming the tables of breakdowns",
                token => _context.Breakdowns.CompleteAsync(_context.Settings.Partitions, token).AsTask(),
                OnFilled)));
    }

    private void OnFilled(IReadOnlyList<string> named)
    {
        PartitionLog.Filled(_context.Logger, _partition, string.Join(", ", _fill!.Missing.Select(breakdown => breakdown.Table)));
        foreach (string table in named)
        {
            PartitionLog.TableNamed(_context.Logger, table);
        }

        _filled = _filled.Concat(_fill.Missing.Select(breakdown => breakdown.Mark)).ToHashSet(StringComparer.Ordinal);
        _fill = null;
        EndQuiet();
    }

    private void EndQuiet()
    {
        _isRebuilding = false;
        _requests.Dequeue();
        Upkeep();
    }

    /// <summary>What is damaged is named; counting goes on without the breakdown's past, and its table has no name.</summary>
    private bool OnFillFailed(Exception error)
    {
        if (error is not (StoredFormatException or OverflowException))
        {
            return false;
        }

        _fillError = $"computing breakdowns over the past: {error.Message}";
        PartitionLog.FillFailed(_context.Logger, _partition, error.Message);
        _fill = null;
        if (_isRebuilding)
        {
            EndQuiet();
        }

        Report();
        return true;
    }

    /// <summary>The rest of a fill is to be read, at a quiet point.</summary>
    private sealed record CatchUpFill : Signal<CatchUpFill>;

    /// <summary>A fill is to be marked as done, once all of it is kept.</summary>
    private sealed record FillKept : Signal<FillKept>;
}
