using System.Numerics;

namespace DataLoad.Streams.Amqp;

/// <summary>The deliveries of one channel between the connection's reader and a source: one writer, one taker, slots that are used again, nothing allocated
/// for a delivery. As many slots as may be unacknowledged: acknowledged after their release, so that the ring is never full. Tags count from 1.</summary>
/// <param name="prefetch">How many deliveries may be unacknowledged.</param>
/// <param name="maxBytes">How many bytes there may be before the connection is made to wait; it is passed by the delivery that reaches it.</param>
/// <param name="changed">Called when something arrived or was released, on whichever thread did it.</param>
public sealed class DeliveryRing(int prefetch, long maxBytes, Action changed)
{
    private readonly Delivery?[] _slots = new Delivery?[(int)BitOperations.RoundUpToPowerOf2((uint)prefetch)];
    private readonly Lock _lock = new();

    // Batches that were released before an older one: where each begins, and how many deliveries it has.
    private readonly Dictionary<long, int> _early = [];
    private TaskCompletionSource? _room;
    private long _written;
    private long _taken;
    private long _released;
    private long _bytes;

    /// <summary>The tag of the last delivery that was written; 0 at first.</summary>
    public ulong Written => (ulong)Volatile.Read(ref _written);

    /// <summary>The tag of the last delivery that was taken in a batch; 0 at first.</summary>
    public ulong Taken => (ulong)Volatile.Read(ref _taken);

    /// <summary>The tag up to which all deliveries were released; 0 at first.</summary>
    public ulong Released => (ulong)Volatile.Read(ref _released);

    /// <summary>Whether the deliveries that are held take no more bytes than they may.</summary>
    public bool HasRoom => Interlocked.Read(ref _bytes) <= maxBytes;

    /// <summary>Writes a whole delivery, with the next tag. For channels that have it whole, as fakes do; <see cref="Announce"/> follows.</summary>
    /// <exception cref="InvalidOperationException">It is more than the prefetch allows.</exception>
    public void Write(bool redelivered, ReadOnlySpan<byte> exchange, ReadOnlySpan<byte> routingKey, AmqpProperties properties, ReadOnlySpan<byte> body)
    {
        Delivery slot = Begin();
        slot.Start(Written + 1, redelivered, exchange, routingKey);
        slot.SetProperties(properties.Bytes.Span);
        slot.Append(body, body.Length);
        Commit();
    }

    /// <summary>Wakes who takes: once for all that was written together.</summary>
    public void Announce() => changed();

    /// <summary>Done when <see cref="HasRoom"/> holds.</summary>
    public Task WhenRoom()
    {
        lock (_lock)
        {
            return HasRoom ? Task.CompletedTask : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Takes all that has arrived and frees its slots; for who consumes by a channel alone, and acknowledges there.</summary>
    /// <param name="each">Given each delivery, which is valid until it returns.</param>
    /// <returns>How many there were.</returns>
    public int TakeAll(Action<Delivery> each)
    {
        long start = _taken;
        int count = Take(int.MaxValue);
        try
        {
            for (int i = 0; i < count; i++)
            {
                each(At(start + i));
            }
        }
        finally
        {
            if (count > 0)
            {
                Release(start, count);
            }
        }

        return count;
    }

    /// <summary>The next free slot, to be filled in pieces; it is the writer's until <see cref="Commit"/>.</summary>
    internal Delivery Begin()
    {
        if (_written - Volatile.Read(ref _released) >= prefetch)
        {
            throw new InvalidOperationException($"The broker delivered more than the {prefetch} that may be unacknowledged.");
        }

        return SlotOf(_written) ??= new Delivery();
    }

    internal void Commit()
    {
        Interlocked.Add(ref _bytes, SlotOf(_written)!.Bytes);
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>Takes what has arrived, up to a limit: so many deliveries, from the place that was <see cref="Taken"/> before.</summary>
    internal int Take(int limit)
    {
        var count = (int)Math.Min(limit, Volatile.Read(ref _written) - _taken);
        Volatile.Write(ref _taken, _taken + count);
        return count;
    }

    internal Delivery At(long place) => SlotOf(place)!;

    /// <summary>Frees the slots of a batch. In any order, on any thread.</summary>
    internal void Release(long start, int count)
    {
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            Delivery slot = SlotOf(start + i)!;
            bytes += slot.Bytes;
            slot.Clear();
        }

        TaskCompletionSource? room = null;
        lock (_lock)
        {
            Interlocked.Add(ref _bytes, -bytes);
            if (HasRoom)
            {
                (room, _room) = (_room, null);
            }

            _early.Add(start, count);
            while (_early.Remove(_released, out int next))
            {
                Volatile.Write(ref _released, _released + next);
            }
        }

        room?.TrySetResult();
        changed();
    }

    private ref Delivery? SlotOf(long place) => ref _slots[place & (_slots.Length - 1)];
}
