using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using RabbitMQ.Client;

namespace DataLoad.Engine.Intake;

/// <summary>
/// The stored form of a message that is parked, version 1: the version, a byte; the first receipt; the properties,
/// each with a byte that names it; the headers (<see cref="HeaderCodec"/>); the body; a CRC-32C.
/// </summary>
internal static class ParkedMessage
{
    private const byte Version = 1;
    private const int MaxText = 1024;

    public static byte[] Encode(long receivedMs, IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        var writer = new ByteWriter(256 + body.Length);
        writer.Byte(Version);
        writer.Unsigned((ulong)receivedMs);
        Text(writer, 1, properties.IsContentTypePresent(), properties.ContentType);
        Text(writer, 2, properties.IsContentEncodingPresent(), properties.ContentEncoding);
        Text(writer, 3, properties.IsCorrelationIdPresent(), properties.CorrelationId);
        Text(writer, 4, properties.IsReplyToPresent(), properties.ReplyTo);
        Text(writer, 5, properties.IsExpirationPresent(), properties.Expiration);
        Text(writer, 6, properties.IsMessageIdPresent(), properties.MessageId);
        Text(writer, 7, properties.IsTypePresent(), properties.Type);
        Text(writer, 8, properties.IsUserIdPresent(), properties.UserId);
        Text(writer, 9, properties.IsAppIdPresent(), properties.AppId);
        Text(writer, 10, properties.IsClusterIdPresent(), properties.ClusterId);
        Number(writer, 11, properties.IsDeliveryModePresent(), (long)properties.DeliveryMode);
        Number(writer, 12, properties.IsPriorityPresent(), properties.Priority);
        Number(writer, 13, properties.IsTimestampPresent(), properties.Timestamp.UnixTime);
        if (properties.IsHeadersPresent() && properties.Headers is { } headers)
        {
            writer.Byte(14);
            HeaderCodec.Write(writer, headers);
        }

        writer.Byte(0);
        writer.Unsigned((ulong)body.Length);
        writer.Bytes(body);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static (long ReceivedMs, BasicProperties Properties, byte[] Body) Decode(Guid id, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes));
            byte version = reader.Byte();
            if (version != Version)
            {
                throw new InvalidDataException($"version {version} is not known to this program, which reads {Version}");
            }

            long received = (long)reader.Unsigned();
            var properties = new BasicProperties();
            while (reader.Byte() is byte name and not 0)
            {
                Read(ref reader, name, properties);
            }

            byte[] body = reader.Bytes(reader.Length(int.MaxValue)).ToArray();
            reader.End();
            return (received, properties, body);
        }
        catch (InvalidDataException e)
        {
            throw new StoredFormatException($"The parked delivery {id} is damaged: {e.Message}. Remove its row from dataload_parked to go on without it.", e);
        }
    }

    private static void Read(ref ByteReader reader, byte name, BasicProperties properties)
    {
        switch (name)
        {
            case 1: properties.ContentType = reader.Text(MaxText); break;
            case 2: properties.ContentEncoding = reader.Text(MaxText); break;
            case 3: properties.CorrelationId = reader.Text(MaxText); break;
            case 4: properties.ReplyTo = reader.Text(MaxText); break;
            case 5: properties.Expiration = reader.Text(MaxText); break;
            case 6: properties.MessageId = reader.Text(MaxText); break;
            case 7: properties.Type = reader.Text(MaxText); break;
            case 8: properties.UserId = reader.Text(MaxText); break;
            case 9: properties.AppId = reader.Text(MaxText); break;
            case 10: properties.ClusterId = reader.Text(MaxText); break;
            case 11: properties.DeliveryMode = (DeliveryModes)reader.Signed(); break;
            case 12: properties.Priority = (byte)reader.Signed(); break;
            case 13: properties.Timestamp = new AmqpTimestamp(reader.Signed()); break;
            case 14: properties.Headers = HeaderCodec.Read(ref reader); break;
            default: throw new InvalidDataException($"property number {name} is not known");
        }
    }

    private static void Text(ByteWriter writer, byte name, bool present, string? value)
    {
        if (present && value is not null)
        {
            writer.Byte(name);
            writer.Text(value);
        }
    }

    private static void Number(ByteWriter writer, byte name, bool present, long value)
    {
        if (present)
        {
            writer.Byte(name);
            writer.Signed(value);
        }
    }
}
