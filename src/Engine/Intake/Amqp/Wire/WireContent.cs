using System.Buffers.Binary;

namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>
/// Puts the frames of one channel's deliveries together, straight in the slots of a ring. Of the connection's loop alone.
/// </summary>
/// <param name="number">The channel's number.</param>
/// <param name="maxBodyBytes">The largest body that is taken.</param>
internal sealed class WireContent(ushort number, long maxBodyBytes)
{
    private const ushort BasicClass = 60;
    private const int FixedBytes = 12;

    private DeliveryRing? _ring;
    private Delivery? _slot;
    private ulong _tag;
    private long _bodyBytes;
    private long _left;

    /// <summary>The type of the frame that is due.</summary>
    public WireFrameType Next { get; private set; } = WireFrameType.Method;

    /// <summary>Begins a delivery.</summary>
    /// <param name="tag">Its tag.</param>
    /// <param name="ring">Takes it; null drops it.</param>
    /// <exception cref="WireException">It is not the one that is due.</exception>
    /// <exception cref="InvalidOperationException">The ring is full: the delivery is dropped.</exception>
    public void Begin(ulong tag, DeliveryRing? ring)
    {
        if (tag != ++_tag)
        {
            throw new WireException($"The broker sent delivery {tag} on channel {number}, where {_tag} was due.");
        }

        Next = WireFrameType.Header;
        _slot = null;
        _ring = ring;
        _slot = ring?.Begin();
        _slot?.Start(tag);
    }

    /// <summary>Takes the content header.</summary>
    /// <returns>Whether the delivery is whole and handed over.</returns>
    /// <exception cref="WireException">It is none that can be.</exception>
    public bool Header(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedBytes + 2 || BinaryPrimitives.ReadUInt16BigEndian(payload) != BasicClass)
        {
            throw new WireException($"The broker sent a content header on channel {number} that is none of a delivery.");
        }

        ulong bytes = BinaryPrimitives.ReadUInt64BigEndian(payload[4..]);
        if (bytes > (ulong)maxBodyBytes)
        {
            throw new WireException($"The broker announced a body with {bytes} bytes; expected at most {maxBodyBytes}.");
        }

        _bodyBytes = _left = (long)bytes;
        _slot?.Properties.Set(payload[FixedBytes..]);
        return EndOfBody();
    }

    /// <summary>Takes a frame of the body.</summary>
    /// <returns>Whether the delivery is whole and handed over.</returns>
    /// <exception cref="WireException">It is more than was announced.</exception>
    public bool Body(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _left)
        {
            throw new WireException($"The broker sent {payload.Length} bytes of a body on channel {number}, of which {_left} were left.");
        }

        _left -= payload.Length;
        _slot?.Append(payload, (int)_bodyBytes);
        return EndOfBody();
    }

    private bool EndOfBody()
    {
        if (_left > 0)
        {
            Next = WireFrameType.Body;
            return false;
        }

        Next = WireFrameType.Method;
        if (_slot is null)
        {
            return false;
        }

        _slot = null;
        _ring!.Commit();
        return true;
    }
}
