using System.Numerics;

namespace DataLoad.Streams.Amqp;

/// <summary>
/// Which deliveries of one channel are done, and the watermark: the highest tag up to which all are. Tags count from 1 without gaps. Thread-safe.
/// </summary>
/// <param name="prefetch">How many deliveries may be unacknowledged.</param>
/// <param name="moved">Called when the watermark moved, on the thread that moved it.</param>
internal sealed class AckWindow(int prefetch, Action moved)
{
    private readonly Lock _lock = new();
    private readonly ulong[] _done = new ulong[Math.Max(64, BitOperations.RoundUpToPowerOf2((uint)prefetch + 1)) / 64];
    private ulong _watermark;
    private volatile bool _isClosed;

    /// <summary>Whether the channel is gone, so that nothing is acknowledged any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>The highest tag up to which all deliveries are done; 0 at first.</summary>
    public ulong Watermark
    {
        get
        {
            lock (_lock)
            {
                return _watermark;
            }
        }
    }

    /// <summary>Says that the channel is gone.</summary>
    public void Close() => _isClosed = true;

    /// <summary>Says that deliveries are done; saying it again changes nothing.</summary>
    public void Complete(ReadOnlySpan<ulong> tags)
    {
        bool hasMoved;
        lock (_lock)
        {
            foreach (ulong tag in tags)
            {
                Mark(tag);
            }

            hasMoved = Move();
        }

        if (hasMoved)
        {
            moved();
        }
    }

    /// <summary>Says that all deliveries from one tag to another are done.</summary>
    public void Complete(ulong first, ulong last)
    {
        bool hasMoved;
        lock (_lock)
        {
            for (ulong tag = first; tag <= last; tag++)
            {
                Mark(tag);
            }

            hasMoved = Move();
        }

        if (hasMoved)
        {
            moved();
        }
    }

    private void Mark(ulong tag)
    {
        // The place of a tag that the watermark has passed is that of one to come.
        if (tag > _watermark)
        {
            _done[Place(tag)] |= Bit(tag);
        }
    }

    private bool Move()
    {
        ulong before = _watermark;
        for (ulong next = before + 1; (_done[Place(next)] & Bit(next)) != 0; next++)
        {
            _done[Place(next)] &= ~Bit(next);
            _watermark = next;
        }

        return _watermark != before;
    }

    private int Place(ulong tag) => (int)((tag >> 6) & (ulong)(_done.Length - 1));

    private static ulong Bit(ulong tag) => 1UL << (int)(tag & 63);
}
