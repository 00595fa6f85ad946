using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Auditing;

/// <summary>A row of a Counter, or of a part of it.</summary>
internal readonly record struct RowKey(CounterId Id, BreakdownValue? Part);

/// <summary>Tells rows that will never come from those that are only not there yet, by the journal alone.</summary>
/// <remarks>An owner that journaled on for long after an event has had its time to flush it; one that ended soon has left it to the next start.</remarks>
internal sealed class FlushLag
{
    private readonly List<(long StartMs, long EndMs)> _ownerships = [];
    private readonly Dictionary<RowKey, LeftOutEvents> _leftOut = [];
    private long _nowMs;
    private long _nowSequenceNr;
    private bool _isWithin;

    /// <summary>The SequenceNr that the journal ended at before the rows were read: what was persisted later says nothing of them.</summary>
    public long Horizon { get; set; }

    public void Clear()
    {
        _ownerships.Clear();
        _leftOut.Clear();
    }

    /// <summary>Takes note of an entry of the journal, and of when it was persisted.</summary>
    public void Read(PersistedEntry entry, long atMs)
    {
        _isWithin = entry.SequenceNr <= Horizon;
        _nowMs = atMs;
        _nowSequenceNr = entry.SequenceNr;
        if (!_isWithin)
        {
            return;
        }

        if (entry.Entry is Owned || _ownerships.Count == 0)
        {
            _ownerships.Add((atMs, atMs));
        }
        else
        {
            Extend(atMs);
        }
    }

    /// <summary>Takes note of an event, of the entry that was read last, which is neither in the row nor flushed by the checkpoint.</summary>
    public void LeftOut(in RowKey row)
    {
        if (_isWithin)
        {
            LeftOutEvents first = _leftOut.GetValueOrDefault(row, new LeftOutEvents(_ownerships.Count - 1, _nowMs, _nowMs, _nowSequenceNr));
            _leftOut[row] = first with { LastAtMs = _nowMs, LastSequenceNr = _nowSequenceNr };
        }
    }

    /// <summary>The rows that lack events, each with the last SequenceNr that it lacks and when that was persisted: one that has the first of them meanwhile may
    /// still lack the others.</summary>
    public IEnumerable<(RowKey Row, long SequenceNr, long AtMs)> LeftOutRows =>
        _leftOut.Select(row => (row.Key, row.Value.LastSequenceNr, row.Value.LastAtMs));

    /// <summary>The rows that an owner went on for longer without flushing.</summary>
    /// <param name="limit">How long a flush may take.</param>
    /// <param name="ownedUntilMs">Until when, in epoch ms, the last owner is known to go on, though it journals nothing; null where it may have ended.</param>
    public HashSet<RowKey> Overdue(TimeSpan limit, long? ownedUntilMs)
    {
        if (ownedUntilMs is long until && _ownerships.Count > 0)
        {
            Extend(until);
        }

        // The longest time that any later owner went on, for each of them.
        long[] later = new long[_ownerships.Count + 1];
        for (int i = _ownerships.Count - 1; i >= 0; i--)
        {
            later[i] = Math.Max(later[i + 1], _ownerships[i].EndMs - _ownerships[i].StartMs);
        }

        double limitMs = limit.TotalMilliseconds;
        return [.. _leftOut
            .Where(row => Math.Max(_ownerships[row.Value.Ownership].EndMs - row.Value.AtMs, later[row.Value.Ownership + 1]) > limitMs)
            .Select(row => row.Key)];
    }

    private void Extend(long untilMs) => _ownerships[^1] = (_ownerships[^1].StartMs, Math.Max(_ownerships[^1].EndMs, untilMs));

    /// <summary>The events that a row lacks: when the first was persisted, and under which owner, and when the last was.</summary>
    private readonly record struct LeftOutEvents(int Ownership, long AtMs, long LastAtMs, long LastSequenceNr);
}
