using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Puts one channel's messages together, in the slots of a ring, or apart where the broker returns them. Of the connection's loop.</summary>
internal sealed class ContentAssembler(ushort number, int maxBodyBytes)
{
    private const ushort BasicClass = 60;
    private const int FixedBytes = 12;

    private Delivery? _message;
    private int _bodyBytes;
    private int _left;

    /// <summary>The type of the frame that is due.</summary>
    public FrameType Next { get; private set; } = FrameType.Method;

    /// <summary>Begins a message, which goes to what is given; null drops it.</summary>
    public void Begin(Delivery? message)
    {
        Next = FrameType.Header;
        _message = message;
    }

    /// <summary>Takes the content header.</summary>
    /// <returns>Whether the message is whole.</returns>
    /// <exception cref="AmqpException">It is none that can be.</exception>
    public bool Header(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedBytes + 2 || BinaryPrimitives.ReadUInt16BigEndian(payload) != BasicClass)
        {
            throw new AmqpException($"The broker sent a content header on channel {number} that is none of a message.");
        }

        ulong bytes = BinaryPrimitives.ReadUInt64BigEndian(payload[4..]);
        if (bytes > (ulong)maxBodyBytes)
        {
            throw new AmqpException($"The broker announced a body with {bytes} bytes; expected at most {maxBodyBytes}.");
        }

        _bodyBytes = _left = (int)bytes;
        _message?.SetProperties(payload[FixedBytes..]);
        return EndOfBody();
    }

    /// <summary>Takes a frame of the body.</summary>
    /// <returns>Whether the message is whole.</returns>
    /// <exception cref="AmqpException">It is more than was announced.</exception>
    public bool Body(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > _left)
        {
            throw new AmqpException($"The broker sent {payload.Length} bytes of a body on channel {number}, of which {_left} were left.");
        }

        _left -= payload.Length;
        _message?.Append(payload, _bodyBytes);
        return EndOfBody();
    }

    private bool EndOfBody()
    {
        Next = _left > 0 ? FrameType.Body : FrameType.Method;
        return _left == 0;
    }
}
