using DataLoad.Engine.Contract;
using DataLoad.Engine.Scheduling;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// Deliveries between a connection's reader and a stream's loop: one writer, one reader, no lock and no allocation
/// per delivery. It has room for all that may be unacknowledged and for a batch that is acknowledged in part but still
/// in hand, so it is never full.
/// </summary>
internal sealed class DeliveryRing
{
    private readonly Delivery?[] _slots;
    private readonly StreamDefinition _stream;
    private readonly Signal _arrived;
    private readonly long _maxBytes;
    private readonly Signal _room = new();
    private readonly RepeatedText _contentTypes = new();
    private readonly RepeatedText _contentEncodings = new();
    private long _written;
    private long _read;
    private long _bytes;

    /// <param name="stream">The stream.</param>
    /// <param name="prefetch">How many deliveries may be unacknowledged.</param>
    /// <param name="maxBatch">How many deliveries a batch in hand may have.</param>
    /// <param name="maxBytes">How many bytes of bodies there may be before the connection is made to wait.</param>
    /// <param name="arrived">Set when something arrived.</param>
    public DeliveryRing(StreamDefinition stream, int prefetch, int maxBatch, long maxBytes, Signal arrived)
    {
        _stream = stream;
        _maxBytes = maxBytes;
        _arrived = arrived;
        _slots = new Delivery?[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)(prefetch + maxBatch) + 1)];
    }

    /// <summary>How many deliveries were ever written: the tag of the last one.</summary>
    public ulong Written => (ulong)Volatile.Read(ref _written);

    public int Count => (int)(Volatile.Read(ref _written) - Volatile.Read(ref _read));

    /// <summary>Whether the bodies that are held take no more than they may.</summary>
    public bool HasRoom => Interlocked.Read(ref _bytes) <= _maxBytes;

    /// <summary>Writes a delivery that came whole, and announces it.</summary>
    /// <exception cref="InvalidOperationException">The broker sent more than the prefetch allows.</exception>
    public void Write(ulong tag, IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        Begin().Fill(tag, properties, body);
        Commit();
        Announce();
    }

    /// <summary>The next free slot, to be filled in pieces; it is the writer's until <see cref="Commit"/>.</summary>
    /// <exception cref="InvalidOperationException">The broker sent more than the prefetch allows.</exception>
    public Delivery Begin()
    {
        if (_written - Volatile.Read(ref _read) >= _slots.Length)
        {
            throw new InvalidOperationException($"Stream {_stream.Name}: the broker delivered more than the {_slots.Length} that may be unacknowledged.");
        }

        ref Delivery? slot = ref _slots[_written & (_slots.Length - 1)];
        return slot ??= new Delivery(_stream, new DeliveryProperties(_contentTypes, _contentEncodings));
    }

    /// <summary>Hands over the slot that <see cref="Begin"/> gave, without waking who reads.</summary>
    public void Commit()
    {
        Interlocked.Add(ref _bytes, _slots[_written & (_slots.Length - 1)]!.Body.Length);
        Volatile.Write(ref _written, _written + 1);
    }

    /// <summary>Wakes who reads: once for all that was handed over together.</summary>
    public void Announce() => _arrived.Set();

    /// <summary>Waits while the bodies that are held take more than they may: bodies larger than are read come too.</summary>
    public ValueTask WaitForRoomAsync(CancellationToken cancellationToken) =>
        HasRoom ? ValueTask.CompletedTask : WaitAsync(cancellationToken);

    private async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (!HasRoom)
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds what has arrived to a batch, and leaves it in the ring until <see cref="Release"/>.</summary>
    public void Peek(List<Delivery> batch, int limit)
    {
        long written = Volatile.Read(ref _written);
        for (long i = _read; i < written && batch.Count < limit; i++)
        {
            batch.Add(_slots[i & (_slots.Length - 1)]!);
        }
    }

    /// <summary>Frees the oldest slots.</summary>
    public void Release(int count)
    {
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            Delivery slot = _slots[(_read + i) & (_slots.Length - 1)]!;
            bytes += slot.Body.Length;
            slot.Release();
        }

        Interlocked.Add(ref _bytes, -bytes);
        _room.Set();

        Volatile.Write(ref _read, _read + count);
    }
}
