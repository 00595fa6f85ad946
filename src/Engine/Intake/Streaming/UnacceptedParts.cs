using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// What one stream has sent and is not accepted yet, and when it is sent again. Each copy that may still be under way counts, so that
/// copies are bounded, too. Not thread-safe.
/// </summary>
/// <param name="maxBatches">How many there may be before no more are taken in.</param>
/// <param name="maxBytes">How many bytes they may take before no more are taken in.</param>
/// <param name="resend">The waits before a batch of events is sent again.</param>
internal sealed class UnacceptedParts(int maxBatches, long maxBytes, Backoff resend)
{
    // After so many sends a Partition is said not to accept.
    private const int ManySends = 3;

    // How many accepted ones may be kept in order behind one that is not, beside as many as are not.
    private const int SpareOrder = 64;

    private readonly Dictionary<BatchId, Entry> _entries = [];

    // In the order in which they were sent first; what is accepted leaves when it is met.
    private readonly Queue<Entry> _inOrder = new();
    private int _copies;

    /// <summary>How many parts are not accepted.</summary>
    public int Count => _entries.Count;

    /// <summary>How many bytes they take, each copy counted.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether more may be taken in. What is taken in then may pass the bounds, by one interpretation.</summary>
    public bool HasCredit => _copies < maxBatches && Bytes < maxBytes;

    /// <summary>Adds a part that is sent now.</summary>
    /// <param name="part">The part.</param>
    /// <param name="origin">Where its deliveries came from.</param>
    /// <param name="now">The time since any fixed one.</param>
    public void Add(Part part, IDeliveryOrigin origin, TimeSpan now)
    {
        var entry = new Entry(part, origin) { SentFirst = now };
        _entries.Add(part.Id, entry);
        _inOrder.Enqueue(entry);
        Send(entry, now);
    }

    /// <summary>Takes out what was accepted.</summary>
    /// <returns>False where it is not known, or no more: a second answer, or one to a former sender.</returns>
    public bool TryAccept(BatchId id, out Entry accepted)
    {
        if (!_entries.Remove(id, out Entry? entry))
        {
            accepted = null!;
            return false;
        }

        accepted = entry;
        entry.IsAccepted = true;
        LetGo(entry, entry.Copies);
        return true;
    }

    /// <summary>Notes that a copy was dropped where another is held. It goes on being sent: the one that holds may be lost.</summary>
    public void Hold(BatchId id)
    {
        if (_entries.TryGetValue(id, out Entry? entry) && entry.Copies > 1)
        {
            entry.Copies--;
            LetGo(entry, 1);
        }
    }

    /// <summary>The batches of events that are due to be sent again; they count as sent.</summary>
    public List<Part> TakeDue(TimeSpan now) => SendAgain(entry => entry.DueAt <= now, now);

    /// <summary>The batches of events of a Partition that has a new owner; they count as sent, and as the first time.</summary>
    public List<Part> TakeOf(int partition, TimeSpan now)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Partition == partition)
            {
                // The copies went to an owner that is no more.
                LetGo(entry, entry.Copies);
                entry.Copies = entry.Sends = 0;
            }
        }

        return SendAgain(entry => entry.Partition == partition, now);
    }

    /// <summary>
    /// Takes out the parts whose deliveries nobody waits for. A channel that is lost loses all that came by it, and what came by the
    /// next one is younger: where the oldest is not lost, none is.
    /// </summary>
    public List<Part> TakeLost()
    {
        List<Part> lost = [];
        if (_inOrder.Count > (2 * _entries.Count) + SpareOrder)
        {
            Entry[] left = [.. _inOrder.Where(entry => !entry.IsAccepted)];
            _inOrder.Clear();
            foreach (Entry entry in left)
            {
                _inOrder.Enqueue(entry);
            }
        }

        while (_inOrder.TryPeek(out Entry? oldest) && (oldest.IsAccepted || oldest.Origin.IsLost))
        {
            _inOrder.Dequeue();
            if (TryAccept(oldest.Part.Id, out _))
            {
                lost.Add(oldest.Part);
            }
        }

        return lost;
    }

    /// <summary>All parts.</summary>
    public IEnumerable<Part> All => _entries.Values.Select(entry => entry.Part);

    /// <summary>When the next batch is due to be sent again, or null.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            TimeSpan? next = null;
            foreach (Entry entry in _entries.Values)
            {
                next = entry.DueAt is TimeSpan due && (next is null || due < next) ? due : next;
            }

            return next;
        }
    }

    /// <summary>Which Partition has not accepted for long, or null.</summary>
    public string? Failing(TimeSpan now)
    {
        Entry? oldest = _entries.Values.Where(entry => entry.Sends >= ManySends).MinBy(entry => entry.SentFirst);
        return oldest is null
            ? null
            : $"Partition {oldest.Partition} has not accepted a batch for {(now - oldest.SentFirst).TotalSeconds:0} s; it was sent {oldest.Sends} times and is sent again";
    }

    private List<Part> SendAgain(Func<Entry, bool> which, TimeSpan now)
    {
        // In the order in which they were sent first, which is that of the deliveries.
        List<Entry> again = [.. _entries.Values.Where(which).OrderBy(entry => entry.Part.Id.Number)];
        foreach (Entry entry in again)
        {
            Send(entry, now);
        }

        return [.. again.Select(entry => entry.Part)];
    }

    private void Send(Entry entry, TimeSpan now)
    {
        entry.Sends++;
        entry.Copies++;
        entry.DueAt = entry.Partition is null ? null : now + resend.After(entry.Sends);
        _copies++;
        Bytes += entry.Part.Bytes;
    }

    private void LetGo(Entry entry, int copies)
    {
        _copies -= copies;
        Bytes -= copies * entry.Part.Bytes;
    }

    /// <summary>A part that is not accepted.</summary>
    internal sealed class Entry(Part part, IDeliveryOrigin origin)
    {
        public Part Part => part;

        public IDeliveryOrigin Origin => origin;

        public bool IsAccepted { get; set; }

        /// <summary>The Partition of a batch of events; null of what stays on this node, where no message is lost.</summary>
        public int? Partition { get; } = (part.Message as EventBatch)?.Partition;

        public TimeSpan SentFirst { get; init; }

        public TimeSpan? DueAt { get; set; }

        public int Sends { get; set; }

        public int Copies { get; set; }
    }
}
