using System.Collections;
using System.Numerics;

namespace DataLoad.Streams.Amqp;

/// <summary>What had arrived on one channel when it was asked for, in order. Its deliveries lie in slots that are used again: <see cref="Release"/> gives
/// them back, once, when nothing of them is read any more. Completion, through <see cref="Committer"/>, is separate and may come before or after, from any
/// thread. A delivery is acknowledged when it and all before it are completed and released.</summary>
public sealed class DeliveryBatch : IReadOnlyList<Delivery>
{
    private readonly DeliveryRing _ring;
    private readonly long _start;
    private int _isReleased;

    internal DeliveryBatch(DeliveryRing ring, AckWindow window, long incarnation, long start, int count)
    {
        _ring = ring;
        _start = start;
        Count = count;
        Committer = new BatchCommitter(window, incarnation, (ulong)start + 1, (ulong)start + (ulong)count);
    }

    /// <summary>How many deliveries it has, from 1.</summary>
    public int Count { get; }

    /// <summary>Completes the deliveries.</summary>
    public BatchCommitter Committer { get; }

    /// <summary>A delivery.</summary>
    /// <exception cref="ObjectDisposedException">The batch was released.</exception>
    public Delivery this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isReleased) != 0, this);
            return _ring.At(_start + index);
        }
    }

    /// <summary>Gives the slots back; a second time changes nothing. On any thread.</summary>
    public void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            _ring.Release(_start, Count);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<Delivery> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Says which deliveries of a batch are done, so that they are acknowledged. Belongs to one channel: once that is lost, its deliveries come again
/// and completing them here does nothing. Thread-safe; may be kept after the batch was released.</summary>
public readonly struct BatchCommitter
{
    private readonly AckWindow _window;

    internal BatchCommitter(AckWindow window, long incarnation, ulong firstTag, ulong lastTag)
    {
        _window = window;
        Incarnation = incarnation;
        FirstTag = firstTag;
        LastTag = lastTag;
    }

    /// <summary>The number of the channel, which no other of the same <see cref="AmqpConnections"/> has.</summary>
    public long Incarnation { get; }

    /// <summary>Whether the channel is gone: the deliveries come again by another, and completing them does nothing.</summary>
    public bool IsLost => _window.IsClosed;

    /// <summary>Whether the channel is gone and its source waits for the deliveries to be completed, before it consumes anew:
    /// <see cref="AmqpSourceSettings.CountsDeliveries"/>.</summary>
    public bool IsAwaited => _window.IsAwaited;

    /// <summary>The tag of the batch's first delivery.</summary>
    public ulong FirstTag { get; }

    /// <summary>The tag of the batch's last delivery.</summary>
    public ulong LastTag { get; }

    /// <summary>Says that some deliveries are done; saying it again changes nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A tag is not one of this batch; nothing was completed.</exception>
    public void Complete(ReadOnlySpan<ulong> tags)
    {
        foreach (ulong tag in tags)
        {
            if (tag < FirstTag || tag > LastTag)
            {
                throw new ArgumentOutOfRangeException(nameof(tags), tag, $"The batch has the tags {FirstTag} to {LastTag}.");
            }
        }

        _window.Complete(tags);
    }

    /// <summary>Says that all deliveries of the batch are done.</summary>
    public void CompleteAll() => _window.Complete(FirstTag, LastTag);
}

/// <summary>Which deliveries of one channel are done, and the watermark: the highest tag up to which all are. Tags count from 1. Thread-safe.</summary>
internal sealed class AckWindow(int prefetch, Action moved)
{
    private readonly Lock _lock = new();
    private readonly ulong[] _done = new ulong[Math.Max(64, BitOperations.RoundUpToPowerOf2((uint)prefetch + 1)) / 64];
    private ulong _watermark;
    private volatile bool _isClosed;
    private volatile bool _isAwaited;

    /// <summary>Whether the channel is gone, so that nothing is acknowledged any more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Whether the channel is gone, and it is waited for what came by it all the same.</summary>
    public bool IsAwaited => _isAwaited && !_isClosed;

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

    /// <summary>Says that the channel is gone, and that it is waited for what came by it all the same.</summary>
    public void Await() => _isAwaited = true;

    /// <summary>Says that deliveries are done; saying it again changes nothing.</summary>
    public void Complete(ReadOnlySpan<ulong> tags)
    {
        lock (_lock)
        {
            foreach (ulong tag in tags)
            {
                Mark(tag);
            }

            if (!Move())
            {
                return;
            }
        }

        moved();
    }

    /// <summary>Says that all deliveries from one tag to another are done.</summary>
    public void Complete(ulong first, ulong last)
    {
        lock (_lock)
        {
            for (ulong tag = first; tag <= last; tag++)
            {
                Mark(tag);
            }

            if (!Move())
            {
                return;
            }
        }

        moved();
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
