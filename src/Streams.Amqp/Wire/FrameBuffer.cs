using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>What was read of the socket and not yet taken, in one buffer: 64 KiB, or the largest frame. Gives views, valid until the next read.</summary>
/// <param name="largestFrame">The largest frame that may ever come, in bytes with its overhead.</param>
internal sealed class FrameBuffer(int largestFrame)
{
    /// <summary>The byte that ends a frame.</summary>
    public const byte End = 0xCE;

    /// <summary>What a frame takes beside its payload: type, channel and size before it, the end byte after it.</summary>
    public const int Overhead = 8;

    private const int HeadBytes = 7;
    private byte[] _bytes = new byte[Math.Min(largestFrame, 64 * 1024)];
    private int _start;
    private int _end;

    /// <summary>The largest frame that the broker may send, in bytes with its overhead; lowered once, when it is agreed on.</summary>
    public int MaxFrameBytes { get; set; } = largestFrame;

    /// <summary>How many bytes wait to be taken.</summary>
    public int Waiting => _end - _start;

    /// <summary>Where the next bytes are to be read to; views that were given become invalid.</summary>
    public Memory<byte> Free()
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        if (_end == _bytes.Length)
        {
            // What waits is the beginning of one frame, whose size has been checked.
            Array.Resize(ref _bytes, MaxFrameBytes);
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Says how many bytes were read there.</summary>
    public void Add(int count) => _end += count;

    /// <summary>Takes the next frame where it is whole.</summary>
    /// <exception cref="AmqpException">The bytes are no frame of AMQP.</exception>
    public bool TryTake(out FrameType type, out ushort channel, out ReadOnlySpan<byte> payload)
    {
        type = default;
        channel = 0;
        payload = default;
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(_start, _end - _start);
        if (bytes.Length < HeadBytes)
        {
            return false;
        }

        if (bytes[0] is not ((byte)FrameType.Method or (byte)FrameType.Header or (byte)FrameType.Body or (byte)FrameType.Heartbeat))
        {
            throw new AmqpException(bytes.StartsWith("AMQP"u8)
                ? $"The server does not speak AMQP 0-9-1: it offers version {bytes[5]}-{bytes[6]}."
                : $"The server sent a frame of type {bytes[0]}, which AMQP does not know.");
        }

        uint size = BinaryPrimitives.ReadUInt32BigEndian(bytes[3..]);
        if (size > MaxFrameBytes - Overhead)
        {
            throw new AmqpException($"The broker sent a frame with {size} bytes, where {MaxFrameBytes - Overhead} were agreed.");
        }

        int whole = (int)size + Overhead;
        if (bytes.Length < whole)
        {
            return false;
        }

        if (bytes[whole - 1] != End)
        {
            throw new AmqpException($"The broker sent a frame that ends with 0x{bytes[whole - 1]:X2} in place of 0x{End:X2}.");
        }

        type = (FrameType)bytes[0];
        channel = BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
        payload = bytes.Slice(HeadBytes, (int)size);
        _start += whole;
        return true;
    }
}

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
