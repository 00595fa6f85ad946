using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Flush: a round takes all Counters that changed, a bounded slice at a time, and ends when all of them are in the
/// statistics tables. A round begins once in the flush interval while events come, and as soon as none has come for a
/// tenth of it: then waiting would gather nothing.
/// </summary>
internal sealed partial class Shard
{
    private const int RestPartOfInterval = 10;

    private readonly List<(CounterSlot Slot, long SequenceNr)> _flushing = [];
    private Task<IReadOnlyList<int>>? _flush;
    private ITimer? _rest;
    private volatile bool _rests;
    private long _flushRoundAt;
    private int _flushRoundLeft;
    private long _flushRoundSequenceNr;
    private long _flushedThrough;

    private bool StartFlush(CancellationToken cancellationToken)
    {
        if (_flush is not null || !BeginFlushRound())
        {
            return false;
        }

        int count = Math.Min(_flushRoundLeft, _context.Settings.MaxFlushRows);
        var rows = new List<FlushRow>(count);
        foreach (CounterSlot slot in _state.FlushList.Take(count))
        {
            slot.IsInFlushList = false;
            _state.Account(slot);
            if (slot.Damage is null)
            {
                rows.Add(RowOf(slot.Counter, correct: false));
                _flushing.Add((slot, slot.Counter.SequenceNr));
            }
        }

        _state.FlushList.RemoveRange(0, count);
        _flushRoundLeft -= count;
        _state.AccountHashes();
        if (rows.Count == 0)
        {
            FinishFlush();
            return true;
        }

        _flush = WakeAfter(_context.FlushWriter.WriteAsync(rows, cancellationToken));
        return true;
    }

    private bool IsResting => _rests && IsQuiet;

    private void FlushWhenResting()
    {
        _rests = false;
        _rest?.Change(_context.Settings.FlushInterval / RestPartOfInterval, Timeout.InfiniteTimeSpan);
    }

    private void Rest()
    {
        _rests = true;
        _wake.Set();
    }

    private bool BeginFlushRound()
    {
        if (_flushRoundLeft > 0)
        {
            return true;
        }

        if (_state.FlushList.Count == 0)
        {
            _flushedThrough = _state.AppliedSequenceNr;
            return false;
        }

        if (!_stopping && !_keepNow && !IsPressed && !IsResting && _context.Time.GetElapsedTime(_flushRoundAt) < _context.Settings.FlushInterval)
        {
            return false;
        }

        _flushRoundAt = _context.Time.GetTimestamp();
        _flushRoundLeft = _state.FlushList.Count;
        _flushRoundSequenceNr = _state.AppliedSequenceNr;
        return true;
    }

    private void FinishFlush()
    {
        foreach ((CounterSlot slot, long sequenceNr) in _flushing)
        {
            slot.FlushedSequenceNr = sequenceNr;
        }

        _flushing.Clear();
        if (_flushRoundLeft == 0)
        {
            _flushedThrough = Math.Max(_flushedThrough, _flushRoundSequenceNr);
        }

        _state.Passivate(ShareOfExcess());
    }

    private FlushRow RowOf(Counter counter, bool correct) => new(
        counter.Page,
        new StatisticsRow
        {
            Shard = _lease.Shard,
            Epoch = _lease.Epoch,
            TopicType = counter.Id.Topic.Type,
            TopicId = counter.Id.Topic.Id,
            Day = counter.Id.Day,
            SequenceNr = counter.SequenceNr,
            Values = counter.Values(),
        },
        correct);
}
