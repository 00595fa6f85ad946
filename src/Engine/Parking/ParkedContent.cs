using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Partitions;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Parking;

/// <summary>What a parked row holds: a message, with its properties, headers and body byte for byte, or a batch of events that its Partition did not accept.
/// The stored form, version 3: the version, a byte; the first receipt; the kind, a byte; of a dead letter its stream, reason and error; of a message the
/// bytes of the content header's properties and the body; of a batch its sent form; a CRC-32C. Version 2 is the same without batches.</summary>
/// <param name="ReceivedMs">When it was received first, in epoch milliseconds; of a batch when it was parked.</param>
/// <param name="Properties">The properties and headers as they came.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Letter">Why it cannot be counted, where it is a dead letter that could not be published; else null.</param>
internal sealed record ParkedContent(long ReceivedMs, AmqpProperties Properties, ReadOnlyMemory<byte> Body, ParkedLetter? Letter = null)
{
    private const byte Version = 3;
    private const byte VersionWithoutBatches = 2;
    private const byte MessageKind = 0;
    private const byte LetterKind = 1;
    private const byte BatchKind = 2;
    private const int MaxTextBytes = 64 * 1024;

    /// <summary>A batch of events that its Partition did not accept.</summary>
    public ParkedContent(long parkedMs, EventBatch batch)
        : this(parkedMs, default, default) => Batch = batch;

    /// <summary>The batch of events; null of a message.</summary>
    public EventBatch? Batch { get; }

    /// <summary>The stored form.</summary>
    public byte[] Encode()
    {
        ReadOnlySpan<byte> properties = Properties.Bytes.Span;

        // Whoever takes it up reads it, also where that is a node of the version before.
        byte[] batch = Batch is null ? [] : SentVersion.As(NodeProtocol.Oldest, PartitionMessageCodec.Encode(Batch));
        var writer = new ByteWriter(64 + properties.Length + Body.Length + batch.Length);
        writer.Byte(Version);
        writer.Unsigned((ulong)ReceivedMs);
        writer.Byte(Batch is not null ? BatchKind : Letter is not null ? LetterKind : MessageKind);
        if (Letter is not null)
        {
            writer.Text(Letter.Stream);
            writer.Text(Letter.Reason);
            writer.Text(Letter.Error);
        }

        if (Batch is null)
        {
            Put(writer, properties);
            Put(writer, Body.Span);
        }
        else
        {
            Put(writer, batch);
        }

        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <summary>Reads the stored form; properties and body are parts of its memory.</summary>
    /// <param name="id">The row's id, for the error.</param>
    /// <param name="bytes">The stored form.</param>
    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static ParkedContent Decode(Guid id, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes.Span));
            byte version = reader.Byte();
            if (version is not (Version or VersionWithoutBatches))
            {
                throw new InvalidDataException($"version {version} is not known to this program, which reads {VersionWithoutBatches} and {Version}");
            }

            var receivedMs = (long)reader.Unsigned();
            byte kind = reader.Byte();
            ParkedLetter? letter = null;
            switch (kind)
            {
                case MessageKind:
                    break;
                case LetterKind:
                    letter = new ParkedLetter(reader.Text(MaxTextBytes), reader.Text(MaxTextBytes), reader.Text(MaxTextBytes));
                    break;
                case BatchKind when version == Version:
                    EventBatch batch = PartitionMessageCodec.DecodeEventBatch(reader.Bytes(reader.Length(int.MaxValue)));
                    reader.End();
                    return new ParkedContent(receivedMs, batch);
                default:
                    throw new InvalidDataException($"it is of kind {kind}, which version {version} does not have");
            }

            ReadOnlyMemory<byte> properties = Take(ref reader, bytes);
            ReadOnlyMemory<byte> body = Take(ref reader, bytes);
            reader.End();
            return new ParkedContent(receivedMs, new AmqpProperties(properties), body, letter);
        }
        catch (InvalidDataException e)
        {
            throw new StoredFormatException($"The parked delivery {id} is damaged: {e.Message}. Remove its row from dataload_parked to go on without it.", e);
        }
    }

    private static void Put(ByteWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Unsigned((ulong)bytes.Length);
        writer.Bytes(bytes);
    }

    private static ReadOnlyMemory<byte> Take(ref ByteReader reader, ReadOnlyMemory<byte> bytes)
    {
        int length = reader.Length(int.MaxValue);
        int start = reader.Position;
        reader.Bytes(length);
        return bytes.Slice(start, length);
    }
}

/// <summary>Why a parked message is a dead letter: the stream that rejected it, the short code and the sentence.</summary>
internal sealed record ParkedLetter(string Stream, string Reason, string Error);
