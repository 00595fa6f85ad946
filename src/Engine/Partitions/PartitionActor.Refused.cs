using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>Rows that their tables refuse, since of a check, a trigger, a column that is too small, or a lock: they are held beside the others, which go on
/// being written, and tried again with growing waits, each time as it is by then. The checkpoint stays before the first event that one of them lacks, so
/// that the next owner writes them.</content>
internal sealed partial class PartitionActor
{
    private readonly Dictionary<(CounterId Id, BreakdownValue? Part), RefusedRow> _refused = [];
    private FlushRow[] _written = [];
    private FlushRow[] _writtenAgain = [];
    private int _refusedTries;

    /// <summary>The last SequenceNr of which all events are in the tables, whatever is refused; the largest number where nothing is.</summary>
    private long WrittenBeforeRefused => _refused.Count == 0 ? long.MaxValue : _refused.Values.Min(refused => refused.WrittenThrough);

    /// <summary>What is refused, in a sentence; null where nothing is.</summary>
    private string? RefusedError
    {
        get
        {
            if (_refused.Count == 0)
            {
                return null;
            }

            // Where a Counter's own row is refused, those of its parts most often are, too.
            RefusedRow first = _refused.Values.FirstOrDefault(refused => refused.Row.Row.Part is null) ?? _refused.Values.First();
            StatisticsRow row = first.Row.Row;
            string more = _refused.Count == 1 ? "" : $" So it is with {_refused.Count - 1} further rows.";
            return $"{StatisticsWriterName}: the table '{first.Row.Table.Name}' does not take the row {row.TopicType}:{row.TopicId}"
                + $"{(row.Part is { } part ? $" {part}" : "")} of {DateOnly.FromDayNumber(row.Day):yyyy-MM-dd}: {first.Error} "
                + $"It is tried again until it does; all others are written.{more}";
        }
    }

    /// <summary>Has a row written with the others, or in the place of what was refused of it.</summary>
    private void Collect(FlushRow row)
    {
        if (_refused.TryGetValue(KeyOf(row), out RefusedRow? refused))
        {
            // What had to be written over what stands there still has to be.
            refused.Row = row with { Correct = row.Correct || refused.Row.Correct };
        }
        else
        {
            _rows.Add(row);
        }
    }

    private void SendRows(FlushRow[] rows)
    {
        _written = rows;
        _context.StatisticsWriter.Tell(new WriteGroup<FlushRow>(_partition, rows)
        {
            MostRefused = Math.Max(0, _context.Settings.MaxRefusedRows - _refused.Count),
        });
    }

    /// <summary>Holds what was refused of the rows that were written last.</summary>
    private void HoldRefused(IReadOnlyList<RefusedItem> refused)
    {
        foreach (RefusedItem item in refused)
        {
            FlushRow row = _written[item.Place];
            if (_refused.TryGetValue(KeyOf(row), out RefusedRow? held))
            {
                (held.Row, held.Error) = (row with { Correct = row.Correct || held.Row.Correct }, item.Error);
            }
            else
            {
                _refused.Add(KeyOf(row), new RefusedRow(row, item.Error, _flushedThrough));
            }
        }

        _written = [];
        if (refused.Count > 0)
        {
            PartitionLog.RowsRefused(_context.Logger, _partition, RefusedError!);
            if (_rebuilt is { } rebuilt)
            {
                _rebuilt = rebuilt with { Damage = RefusedError };
            }

            TryRefusedLater();
            Report();
        }
    }

    private void TryRefusedLater()
    {
        if (_refused.Count > 0 && _writtenAgain.Length == 0 && !Timers.IsTimerActive(RefusedDue.Instance))
        {
            Timers.StartSingleTimer(RefusedDue.Instance, RefusedDue.Instance, _context.Backoff.After(_refusedTries + 1));
        }
    }

    private void TryRefused()
    {
        if (_phase != PartitionPhase.Stopped && _refused.Count > 0)
        {
            _writtenAgain = [.. _refused.Values.Select(refused => refused.Row)];
            _context.StatisticsWriter.Tell(new WriteGroup<FlushRow>(_partition, _writtenAgain) { IsAgain = true });
        }
    }

    private void OnTriedRefused(IReadOnlyList<RefusedItem> refused)
    {
        var errors = refused.ToDictionary(item => item.Place, item => item.Error);
        for (int i = 0; i < _writtenAgain.Length; i++)
        {
            (CounterId, BreakdownValue?) key = KeyOf(_writtenAgain[i]);
            if (errors.TryGetValue(i, out string? error))
            {
                _refused[key].Error = error;
            }
            else if (ReferenceEquals(_refused[key].Row.Row, _writtenAgain[i].Row))
            {
                _refused.Remove(key);
            }
        }

        _writtenAgain = [];
        _refusedTries = errors.Count == 0 ? 0 : _refusedTries + 1;
        if (_refused.Count == 0)
        {
            PartitionLog.RefusedRowsWritten(_context.Logger, _partition);
        }

        TryRefusedLater();
        _mayPassivate = true;
        Upkeep();
    }

    private static (CounterId Id, BreakdownValue? Part) KeyOf(FlushRow row) => (IdOf(row.Page, row.Row), row.Row.Part);

    /// <summary>A row that its table refuses: as it is to be written, why it was not, and the SequenceNr up to which all events of its Counter were.</summary>
    private sealed class RefusedRow(FlushRow row, string error, long writtenThrough)
    {
        public FlushRow Row { get; set; } = row;
        public string Error { get; set; } = error;
        public long WrittenThrough => writtenThrough;
    }

    private sealed record RefusedDue : Signal<RefusedDue>;
}
