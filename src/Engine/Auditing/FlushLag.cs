using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Auditing;

/// <summary>Tells Counters whose row will never come from those whose row is only not there yet, by the journal alone.</summary>
/// <remarks>An owner that journaled on for long after an event has had its time to flush it; one that ended soon has left it to the next start.</remarks>
internal sealed class FlushLag
{
    private readonly List<(long StartMs, long EndMs)> _ownerships = [];
    private readonly Dictionary<CounterId, LeftOutEvents> _leftOut = [];
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

    /// <summary>Takes note of an event, of the entry that was read last, which is neither in its Counter's row nor flushed by the checkpoint.</summary>
    public void LeftOut(in CounterId id)
    {
        if (_isWithin)
        {
            LeftOutEvents first = _leftOut.GetValueOrDefault(id, new LeftOutEvents(_ownerships.Count - 1, _nowMs, _nowMs, _nowSequenceNr));
            _leftOut[id] = first with { LastAtMs = _nowMs, LastSequenceNr = _nowSequenceNr };
        }
    }

    /// <summary>The Counters that were left out, each with the last SequenceNr that its row lacks and when that was persisted: one that has the first of them
    /// meanwhile may still lack the others.</summary>
    public IEnumerable<(CounterId Id, long SequenceNr, long AtMs)> LeftOutCounters =>
        _leftOut.Select(counter => (counter.Key, counter.Value.LastSequenceNr, counter.Value.LastAtMs));

    /// <summary>The Counters that an owner went on for longer without flushing.</summary>
    /// <param name="limit">How long a flush may take.</param>
    /// <param name="ownedUntilMs">Until when, in epoch ms, the last owner is known to go on, though it journals nothing; null where it may have ended.</param>
    public HashSet<CounterId> Overdue(TimeSpan limit, long? ownedUntilMs)
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
            .Where(counter => Math.Max(_ownerships[counter.Value.Ownership].EndMs - counter.Value.AtMs, later[counter.Value.Ownership + 1]) > limitMs)
            .Select(counter => counter.Key)];
    }

    private void Extend(long untilMs) => _ownerships[^1] = (_ownerships[^1].StartMs, Math.Max(_ownerships[^1].EndMs, untilMs));

    /// <summary>The events of a Counter that its row lacks: when the first was persisted, and under which owner, and when the last was.</summary>
    private readonly record struct LeftOutEvents(int Ownership, long AtMs, long LastAtMs, long LastSequenceNr);
}
