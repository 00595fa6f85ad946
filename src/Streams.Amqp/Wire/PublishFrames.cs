using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp.Wire;

/// <summary>Writes the frames of a message that is published: its method, its content header and its body in pieces, byte for byte as given.</summary>
internal static class PublishFrames
{
    private const int MethodBytes = 9;
    private const int HeaderBytes = 12;

    /// <summary>How many bytes of properties fit in a content header of a connection.</summary>
    /// <param name="maxFrameBytes">The largest frame, with its overhead.</param>
    public static int MaxPropertiesBytes(int maxFrameBytes) => maxFrameBytes - FrameBuffer.Overhead - HeaderBytes;

    /// <summary>How many bytes the frames take.</summary>
    public static int SizeOf(in AmqpMessage message, int maxFrameBytes)
    {
        int piece = maxFrameBytes - FrameBuffer.Overhead;
        int pieces = (message.Body.Length + piece - 1) / piece;
        return checked((int)(((2 + pieces) * FrameBuffer.Overhead) + MethodBytes + HeaderBytes + message.Bytes));
    }

    /// <summary>Writes the frames.</summary>
    public static void Write(Span<byte> target, ushort channel, in AmqpMessage message, bool mandatory, int maxFrameBytes)
    {
        ReadOnlySpan<byte> exchange = message.Exchange.Span;
        ReadOnlySpan<byte> key = message.RoutingKey.Span;
        Span<byte> payload = Start(ref target, FrameType.Method, channel, MethodBytes + exchange.Length + key.Length);
        BinaryPrimitives.WriteUInt32BigEndian(payload, (uint)AmqpMethod.BasicPublish);
        payload[4..6].Clear();
        payload = Short(payload[6..], exchange);
        payload = Short(payload, key);
        payload[0] = mandatory ? (byte)1 : (byte)0;

        ReadOnlySpan<byte> properties = message.Properties.Bytes.Span;
        payload = Start(ref target, FrameType.Header, channel, HeaderBytes + properties.Length);
        BinaryPrimitives.WriteUInt32BigEndian(payload, 60 << 16);
        BinaryPrimitives.WriteUInt64BigEndian(payload[4..], (ulong)message.Body.Length);
        properties.CopyTo(payload[HeaderBytes..]);

        ReadOnlySpan<byte> body = message.Body.Span;
        while (!body.IsEmpty)
        {
            ReadOnlySpan<byte> piece = body[..Math.Min(body.Length, maxFrameBytes - FrameBuffer.Overhead)];
            piece.CopyTo(Start(ref target, FrameType.Body, channel, piece.Length));
            body = body[piece.Length..];
        }
    }

    private static Span<byte> Start(ref Span<byte> target, FrameType type, ushort channel, int payloadBytes)
    {
        target[0] = (byte)type;
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], channel);
        BinaryPrimitives.WriteInt32BigEndian(target[3..], payloadBytes);
        target[payloadBytes + FrameBuffer.Overhead - 1] = FrameBuffer.End;
        Span<byte> payload = target.Slice(FrameBuffer.Overhead - 1, payloadBytes);
        target = target[(payloadBytes + FrameBuffer.Overhead)..];
        return payload;
    }

    private static Span<byte> Short(Span<byte> target, ReadOnlySpan<byte> text)
    {
        target[0] = (byte)text.Length;
        text.CopyTo(target[1..]);
        return target[(1 + text.Length)..];
    }
}
