using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Parking;

/// <summary>
/// A message as it is held in the store, with its properties, headers and body byte for byte. The stored form, version 2: the version, a byte;
/// the first receipt; whether it is a dead letter, and then its stream, reason and error; the bytes of the content header's properties; the body;
/// a CRC-32C.
/// </summary>
/// <param name="ReceivedMs">When it was received first, in epoch milliseconds.</param>
/// <param name="Properties">The properties and headers as they came.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Letter">Why it cannot be counted, where it is a dead letter that could not be published; else null.</param>
internal sealed record ParkedContent(long ReceivedMs, AmqpProperties Properties, ReadOnlyMemory<byte> Body, ParkedLetter? Letter = null)
{
    private const byte Version = 2;
    private const int MaxTextBytes = 64 * 1024;

    /// <summary>The stored form.</summary>
    public byte[] Encode()
    {
        ReadOnlySpan<byte> properties = Properties.Bytes.Span;
        var writer = new ByteWriter(64 + properties.Length + Body.Length);
        writer.Byte(Version);
        writer.Unsigned((ulong)ReceivedMs);
        writer.Byte(Letter is null ? (byte)0 : (byte)1);
        if (Letter is not null)
        {
            writer.Text(Letter.Stream);
            writer.Text(Letter.Reason);
            writer.Text(Letter.Error);
        }

        writer.Unsigned((ulong)properties.Length);
        writer.Bytes(properties);
        writer.Unsigned((ulong)Body.Length);
        writer.Bytes(Body.Span);
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
            if (version != Version)
            {
                throw new InvalidDataException($"its version is {version}, and this program reads version {Version} only");
            }

            var receivedMs = (long)reader.Unsigned();
            ParkedLetter? letter = reader.Byte() switch
            {
                0 => null,
                1 => new ParkedLetter(reader.Text(MaxTextBytes), reader.Text(MaxTextBytes), reader.Text(MaxTextBytes)),
                byte kind => throw new InvalidDataException($"it is of kind {kind}, and this program knows 0 and 1 only"),
            };
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

    private static ReadOnlyMemory<byte> Take(ref ByteReader reader, ReadOnlyMemory<byte> bytes)
    {
        int length = reader.Length(int.MaxValue);
        int start = reader.Position;
        reader.Bytes(length);
        return bytes.Slice(start, length);
    }
}

/// <summary>Why a parked message is a dead letter.</summary>
/// <param name="Stream">The stream that rejected it.</param>
/// <param name="Reason">The short code.</param>
/// <param name="Error">The sentence.</param>
internal sealed record ParkedLetter(string Stream, string Reason, string Error);
