using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What one stream has sent and is not accepted yet, when it is sent again, and when it has waited for so long that it is to be parked. Each copy
/// that may still be under way counts, so that copies are bounded, too. Of a Partition that let one wait for so long, all that comes is to be parked, and the
/// one is sent again and again, parked or not, until the Partition accepts something. Not thread-safe.</summary>
/// <param name="maxBatches">How many there may be before no more are taken in.</param>
/// <param name="maxBytes">How many bytes they may take before no more are taken in.</param>
/// <param name="resend">The waits before a batch of events is sent again.</param>
/// <param name="holdLimit">How long a batch of events may wait; one whose deliveries have rows, or are awaited by their source, waits no longer than the
/// longest of the waits.</param>
internal sealed class UnacceptedParts(int maxBatches, long maxBytes, Backoff resend, TimeSpan holdLimit)
{
    // After so many sends a Partition is said not to accept.
    private const int ManySends = 3;

    // How many accepted ones may be kept in order behind one that is not, beside as many as are not.
    private const int SpareOrder = 64;

    private readonly Dictionary<BatchId, Entry> _entries = [];

    // In the order in which they were sent first; what is accepted leaves when it is met.
    private Queue<Entry> _inOrder = new();

    // The batch that is sent to a Partition that is away, by the Partition's number.
    private readonly Dictionary<int, Entry> _away = [];
    private int _copies;

    /// <summary>How many parts are not accepted.</summary>
    public int Count => _entries.Count;

    /// <summary>Whether nothing is sent any more: all is accepted or parked, and no Partition is away.</summary>
    public bool IsIdle => _entries.Count == 0 && _away.Count == 0;

    /// <summary>How many bytes they take, each copy counted, and each row that is being parked.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether more may be taken in. What is taken in then may pass the bounds, by one interpretation.</summary>
    public bool HasCredit => _copies < maxBatches && Bytes < maxBytes;

    /// <summary>Adds a part that is sent now, after its deliveries have been held for some time; where its Partition is away it is overdue at once.</summary>
    /// <returns>Whether it is sent.</returns>
    public bool Add(Part part, IDeliveryOrigin origin, TimeSpan now, TimeSpan heldFor = default)
    {
        var entry = new Entry(part, origin) { SentFirst = now };
        _entries.Add(part.Id, entry);
        _inOrder.Enqueue(entry);
        if (entry.Partition is int partition && _away.ContainsKey(partition))
        {
            entry.ParkAt = now;
            Take(entry);
            return false;
        }

        if (entry.Partition is not null)
        {
            // What waited for a query for long is sent once at the least. Rows are in no hurry, but hold up those behind them.
            TimeSpan limit = origin.Claim is not null ? Shorter(holdLimit, resend.Limit) : holdLimit - heldFor;
            entry.ParkAt = now + (limit > resend.First ? limit : Shorter(holdLimit, resend.First));
        }

        Send(entry, now);
        return true;
    }

    /// <summary>The batches of events that have waited for so long that they are to be parked, in the order in which they were sent first.</summary>
    public List<Entry> Overdue(TimeSpan now) => [.. _entries.Values.Where(entry => IsOverdue(entry, now)).OrderBy(entry => entry.Part.Id.Number)];

    /// <summary>Has a batch wait to be parked, under the same id, instead of being sent; the first one of its Partition is sent all the same.</summary>
    /// <returns>Whether its Partition is away from now on, and was not before.</returns>
    public bool Park(Entry entry, Part parking)
    {
        entry.Part = parking;
        entry.ParkAt = null;
        entry.RowBytes = parking.Bytes;
        Bytes += parking.Bytes;
        bool isFirst = _away.TryAdd(entry.Partition!.Value, entry);
        entry.DueAt = isFirst ? entry.DueAt : null;
        return isFirst;
    }

    /// <summary>Whether a Partition has let a batch wait for too long, and accepted none since.</summary>
    public bool IsAway(int partition) => _away.ContainsKey(partition);

    /// <summary>Notes that a Partition accepts.</summary>
    /// <returns>Its batches that still wait to be parked and were not sent meanwhile; they count as sent.</returns>
    public IReadOnlyList<Part> TakeBack(int partition, TimeSpan now) =>
        _away.Remove(partition) ? SendAgain(entry => entry.Partition == partition && entry.DueAt is null, now) : [];

    /// <summary>Whether a batch waits to be parked again in the rows that it has.</summary>
    public bool IsParkedAgain(BatchId id) => _entries.TryGetValue(id, out Entry? entry) && entry.Part.Target == PartTarget.ParkingAgain;

    /// <summary>Takes out what was accepted or parked.</summary>
    /// <returns>False where it is not known, or no more: a second answer, or one to a former sender.</returns>
    public bool TryAccept(BatchId id, out Entry accepted)
    {
        if (!_entries.Remove(id, out accepted!))
        {
            return false;
        }

        accepted.IsAccepted = true;
        LetGo(accepted, accepted.Copies);
        Bytes -= accepted.RowBytes;
        return true;
    }

    /// <summary>Notes that a copy was dropped where another is held. It goes on being sent: the one that holds may be lost.</summary>
    public void Hold(BatchId id)
    {
        if (_entries.TryGetValue(id, out Entry? entry) && entry.Copies > 1)
        {
            LetGo(entry, 1);
        }
    }

    /// <summary>The batches of events that are due to be sent again; they count as sent.</summary>
    public List<Part> TakeDue(TimeSpan now) => SendAgain(entry => entry.DueAt <= now, now);

    /// <summary>The batches of events of a Partition that has a new owner; they count as sent, and as the first time. Of one that is away only those that are
    /// sent anyway: it may be the next of many owners that come and go.</summary>
    public List<Part> TakeOf(int partition, TimeSpan now)
    {
        foreach (Entry entry in _entries.Values)
        {
            if (entry.Partition == partition && entry.DueAt is not null)
            {
                // The copies went to an owner that is no more.
                LetGo(entry, entry.Copies);
                entry.Sends = 0;
            }
        }

        return SendAgain(entry => entry.Partition == partition && entry.DueAt is not null, now);
    }

    /// <summary>Takes out the parts whose deliveries nobody waits for. A channel that is lost loses all that came by it, and what came by the next one is
    /// younger: where the oldest is not lost, none is.</summary>
    public List<Part> TakeLost()
    {
        List<Part> lost = [];
        if (_inOrder.Count > (2 * _entries.Count) + SpareOrder)
        {
            _inOrder = new Queue<Entry>(_inOrder.Where(entry => !entry.IsAccepted));
        }

        while (_inOrder.TryPeek(out Entry? oldest) && (oldest.IsAccepted || oldest.Origin.IsLost))
        {
            _inOrder.Dequeue();
            if (TryAccept(oldest.Part.Id, out _))
            {
                lost.Add(oldest.Part);
                ForgetAway(oldest);
            }
        }

        return lost;
    }

    /// <summary>All parts.</summary>
    public IEnumerable<Part> All => _entries.Values.Select(entry => entry.Part);

    /// <summary>When the next batch is due to be sent again or to be parked, or null.</summary>
    public TimeSpan? NextDue => Sent.Min(entry => entry.ParkAt < entry.DueAt ? entry.ParkAt : entry.DueAt ?? entry.ParkAt);

    /// <summary>What is not accepted, and what is parked and sent all the same.</summary>
    private IEnumerable<Entry> Sent => _away.Count == 0 ? _entries.Values : _entries.Values.Concat(_away.Values.Where(entry => entry.IsAccepted));

    /// <summary>Which Partition has not accepted for long, or null.</summary>
    public string? Failing(TimeSpan now)
    {
        if (_away.Values.MinBy(entry => entry.SentFirst) is { } away)
        {
            int waiting = _entries.Values.Count(entry => entry.Partition is not null && entry.ParkAt is null);
            return $"Partition {away.Partition} has not accepted a batch for {(now - away.SentFirst).TotalSeconds:0} s; what comes for it is parked"
                + (waiting > 0 ? $", and {waiting} wait to be" : "");
        }

        Entry? oldest = _entries.Values.Where(entry => entry.Sends >= ManySends).MinBy(entry => entry.SentFirst);
        return oldest is null ? null
            : $"Partition {oldest.Partition} has not accepted a batch for {(now - oldest.SentFirst).TotalSeconds:0} s; "
                + $"it was sent {oldest.Sends} times and is sent again";
    }

    /// <summary>What holds up the consuming of its queue waits no longer than the longest of the waits.</summary>
    private bool IsOverdue(Entry entry, TimeSpan now) =>
        entry.ParkAt <= now || (entry.ParkAt is not null && entry.Origin.IsAwaited && now - entry.SentFirst >= Shorter(holdLimit, resend.Limit));

    private List<Part> SendAgain(Func<Entry, bool> which, TimeSpan now)
    {
        // In the order in which they were sent first, which is that of the deliveries.
        List<Entry> again = [.. Sent.Where(which).OrderBy(entry => entry.Part.Id.Number)];
        foreach (Entry entry in again)
        {
            Send(entry, now);
        }

        return [.. again.Select(entry => entry.Sent)];
    }

    private void Send(Entry entry, TimeSpan now)
    {
        entry.Sends++;
        entry.DueAt = entry.Partition is null ? null : now + resend.After(entry.Sends);
        if (!entry.IsAccepted)
        {
            Take(entry);
        }
    }

    private void Take(Entry entry)
    {
        entry.Copies++;
        _copies++;
        Bytes += entry.Sent.Bytes;
    }

    private void LetGo(Entry entry, int copies)
    {
        entry.Copies -= copies;
        _copies -= copies;
        Bytes -= copies * entry.Sent.Bytes;
    }

    /// <summary>A batch that nobody waits for is not sent to find out about its Partition: the others of it are.</summary>
    private void ForgetAway(Entry lost)
    {
        if (lost.Partition is not int partition || _away.GetValueOrDefault(partition) != lost)
        {
            return;
        }

        _away.Remove(partition);
        foreach (Entry entry in _entries.Values.Where(entry => entry.Partition == partition))
        {
            entry.DueAt ??= entry.SentFirst;
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>A part that is not accepted.</summary>
    internal sealed class Entry(Part part, IDeliveryOrigin origin)
    {
        /// <summary>What is waited for: itself, or of a batch that is to be parked, what parks it.</summary>
        public Part Part { get; set; } = part;

        /// <summary>What is sent.</summary>
        public Part Sent { get; } = part;

        public IDeliveryOrigin Origin => origin;

        /// <summary>Whether its deliveries are done, since it is accepted, or parked.</summary>
        public bool IsAccepted { get; set; }

        /// <summary>The Partition of a batch of events; null of what stays on this node, where no message is lost.</summary>
        public int? Partition { get; } = (part.Message as EventBatch)?.Partition;

        public TimeSpan SentFirst { get; init; }

        /// <summary>When it is sent again; null of what stays on this node, and of what waits to be parked.</summary>
        public TimeSpan? DueAt { get; set; }

        /// <summary>When it is to be parked; null where it need not be, or waits for that already.</summary>
        public TimeSpan? ParkAt { get; set; }

        /// <summary>What its row takes while it waits to be parked, in bytes.</summary>
        public long RowBytes { get; set; }

        public int Sends { get; set; }
        public int Copies { get; set; }
    }
}
