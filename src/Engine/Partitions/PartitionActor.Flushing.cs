using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <content>Flush: a round takes all Counters that changed, a bounded slice at a time, asks them for their rows and writes those; it ends when all of them
/// are in the statistics tables. A round begins once in the flush interval while events come, and as soon as none has come for a tenth of it: then waiting
/// would gather nothing. Rows of parts are many, and wait for a round of their own, longer interval while events come.</content>
internal sealed partial class PartitionActor
{
    private const int IdlePartOfInterval = 10;

    // Rows of parts that a Counter gives at a time, and how many fewer Counters are asked at a time where there are such.
    private const int PartsAtOnce = 16;
    private const int RowsOfCounter = 4;

    private readonly List<CounterEntry> _flushList = [];
    private readonly Dictionary<CounterId, CounterEntry> _rowsAwaited = [];
    private readonly List<FlushRow> _rows = [];

    // Those whose own rows are written, and whose parts' wait.
    private readonly List<CounterEntry> _partsList = [];
    private readonly List<(CounterEntry Entry, long SequenceNr)> _flushing = [];
    private readonly Dictionary<long, TopicQuestion> _questions = [];
    private bool _isFlushing;
    private bool _isIdle;
    private long _round;
    private long _flushRound;
    private long _flushRoundAt;
    private int _flushRoundLeft;
    private long _flushRoundSequenceNr;
    private bool _flushRoundHasParts;
    private long _partsRoundAt;
    private long _flushedThrough;
    private long _lastPersistedAt;
    private long _persistStartedAt;

    private TimeSpan IdleTime => _context.Settings.FlushInterval / IdlePartOfInterval;

    private void MarkChanged(CounterEntry entry)
    {
        if (!entry.IsInFlushList && !(Fault.Is(FaultPoint.ReplayedNotFlushed) && _phase == PartitionPhase.Recovering))
        {
            entry.IsInFlushList = true;
            entry.FlushedSequenceNr = CounterEntry.NotWritten;
            _flushList.Add(entry);
        }

        MarkForSave(entry);
    }

    private void FlushWhenIdle()
    {
        _isIdle = false;
        if (!Timers.IsTimerActive(IdleTick.Instance))
        {
            Timers.StartSingleTimer(IdleTick.Instance, IdleTick.Instance, IdleTime);
        }
    }

    private void OnTick(object tick)
    {
        _mayPassivate = true;
        if (tick is IdleTick)
        {
            TimeSpan quiet = _context.Time.GetElapsedTime(_lastPersistedAt);
            if (quiet < IdleTime)
            {
                Timers.StartSingleTimer(IdleTick.Instance, IdleTick.Instance, IdleTime - quiet);
                return;
            }

            _isIdle = true;
        }

        Upkeep();
    }

    private void StartFlush()
    {
        if (_isFlushing || !BeginFlushRound())
        {
            return;
        }

        int most = _flushRoundHasParts ? Math.Max(1, _context.Settings.MaxFlushRows / RowsOfCounter) : _context.Settings.MaxFlushRows;
        int count = Math.Min(_flushRoundLeft, most);
        _isFlushing = true;
        _flushRound = ++_round;
        for (int i = 0; i < count; i++)
        {
            CounterEntry entry = _flushList[i];
            entry.IsInFlushList = false;
            if (entry.Damage is null)
            {
                _rowsAwaited.Add(entry.Id, entry);
                Tell(entry, new ReadRow(_flushRound, _flushRoundHasParts ? PartsAtOnce : 0));
            }
        }

        _flushList.RemoveRange(0, count);
        _flushRoundLeft -= count;
        WriteRows();
    }

    private bool BeginFlushRound()
    {
        if (_flushRoundLeft > 0)
        {
            return true;
        }

        if (_flushList.Count == 0 && _partsList.Count == 0)
        {
            _flushedThrough = _appliedSequenceNr;
            return false;
        }

        bool isDue = MustFlush || IsPressed || (_isIdle && _acceptance.IsIdle && _arrived.Count == 0);
        if (!isDue && _context.Time.GetElapsedTime(_flushRoundAt) < _context.Settings.FlushInterval)
        {
            return false;
        }

        // A checkpoint passes nothing that is not in the tables.
        _flushRoundHasParts = _context.Plan.HasBreakdowns && (isDue || _checkpointTarget >= 0
            || _context.Time.GetElapsedTime(_partsRoundAt) >= _context.Settings.BreakdownFlushInterval);
        if (_flushRoundHasParts)
        {
            TakePartsIn();
        }

        if (_flushList.Count == 0)
        {
            return false;
        }

        GivePending();
        _flushRoundAt = _context.Time.GetTimestamp();
        _flushRoundLeft = _flushList.Count;
        _flushRoundSequenceNr = _appliedSequenceNr;
        return true;
    }

    private void OnRow(CounterRow row)
    {
        if (_questions.TryGetValue(row.Round, out TopicQuestion? question))
        {
            question.Awaited.Remove(row.Id);
            question.Rows.Add(RowOf(row.Id, row.SequenceNr, row.Values));
            AnswerTopic(row.Round);
        }
        else if (row.Round == _flushRound && _rowsAwaited.Remove(row.Id, out CounterEntry? entry))
        {
            // A further metric changes rows that stand where they stood.
            bool corrects = _backfill is { HasMetrics: true };
            Collect(new FlushRow(entry.Page, RowOf(row.Id, row.SequenceNr, row.Values), corrects));
            foreach (PartRow part in row.Parts)
            {
                Collect(new FlushRow(entry.Page, RowOf(row.Id, part.SequenceNr, part.Values, part.Value), corrects));
            }

            if (!row.HasMore)
            {
                _flushing.Add((entry, row.SequenceNr));
            }
            else if (_flushRoundHasParts)
            {
                FlushMoreOf(entry);
            }
            else if (!entry.IsInPartsList)
            {
                entry.IsInPartsList = true;
                _partsList.Add(entry);
            }

            WriteRows();
            if (!_isFlushing)
            {
                // All of it is held as refused, so that no answer comes.
                Upkeep();
            }
        }
    }

    /// <summary>Those whose parts wait are of this round, too.</summary>
    private void TakePartsIn()
    {
        _partsRoundAt = _context.Time.GetTimestamp();
        foreach (CounterEntry entry in _partsList)
        {
            entry.IsInPartsList = false;
            if (!entry.IsInFlushList)
            {
                entry.IsInFlushList = true;
                _flushList.Add(entry);
            }
        }

        _partsList.Clear();
    }

    /// <summary>The rest of a Counter's parts belongs to the same round.</summary>
    private void FlushMoreOf(CounterEntry entry)
    {
        if (!entry.IsInFlushList)
        {
            entry.IsInFlushList = true;
            entry.FlushedSequenceNr = CounterEntry.NotWritten;
        }
        else
        {
            // Changed meanwhile, and so in the round behind this one.
            _flushList.Remove(entry);
        }

        _flushList.Insert(0, entry);
        _flushRoundLeft++;
    }

    /// <summary>A Counter that was set aside answers nothing any more.</summary>
    private void OnNoAnswer(CounterEntry entry)
    {
        if (_rowsAwaited.Remove(entry.Id))
        {
            WriteRows();
        }

        if (_statesAwaited.Remove(entry.Id))
        {
            // Its mark is stored in its place.
            AddMark(entry);
            WriteStates();
        }

        AnswerQuestionsWithout(entry);
    }

    /// <summary>Answers what was asked of a Counter that will not answer; what waits for its successor is asked of that.</summary>
    private void AnswerQuestionsWithout(CounterEntry entry)
    {
        foreach ((long round, TopicQuestion question) in _questions.ToList())
        {
            if (!entry.Waiting.Exists(message => message is ReadRow read && read.Round == round) && question.Awaited.Remove(entry.Id))
            {
                AnswerTopic(round);
            }
        }
    }

    private void WriteRows()
    {
        if (_rowsAwaited.Count > 0)
        {
            return;
        }

        if (_rows.Count == 0)
        {
            OnFlushed();
            return;
        }

        SendRows([.. _rows]);
        _rows.Clear();
    }

    private void OnRowsWritten(GroupWritten written)
    {
        if (written.IsAgain)
        {
            OnTriedRefused(written.Refused);
            return;
        }

        HoldRefused(written.Refused);
        if (_isRebuilding)
        {
            WriteCorrections();
            return;
        }

        OnFlushed();
        _mayPassivate = true;
        Upkeep();
    }

    private void OnFlushed()
    {
        _isFlushing = false;
        foreach ((CounterEntry entry, long sequenceNr) in _flushing)
        {
            entry.FlushedSequenceNr = sequenceNr;
        }

        _flushing.Clear();
        if (_flushRoundLeft == 0 && _partsList.Count == 0)
        {
            _flushedThrough = Math.Max(_flushedThrough, _flushRoundSequenceNr);
        }
    }

    private sealed record Tick : Signal<Tick>;
    private sealed record IdleTick : Signal<IdleTick>;
}
