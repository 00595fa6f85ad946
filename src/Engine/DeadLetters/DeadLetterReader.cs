using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using DataLoad.Engine.Intake;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Reads what a message in the queue of dead letters says of itself.</summary>
internal static class DeadLetterReader
{
    private const int MaxCode = 100;
    private const int MaxError = 300;
    private const int MaxTexts = 1000;

    // The longest UTF-8 of a character of UTF-16.
    private const int MaxBytesOfCharacter = 3;

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    public static DeadLetterSummary Read(AmqpProperties properties, ReadOnlySpan<byte> body)
    {
        string stream = Header(properties, DeliveryHeaders.Stream, MaxCode);
        long receivedMs = properties.TryGetHeader(DeliveryHeaders.Received, out AmqpValue received) && received.TryGetInt64(out long at) ? at : 0;
        return new DeadLetterSummary
        {
            Id = IdOf(stream, receivedMs, properties.MessageId, body),
            Stream = Known(stream),
            Reason = Known(Header(properties, DeliveryHeaders.Reason, MaxCode)),
            Error = Header(properties, DeliveryHeaders.Error, MaxError),
            ReceivedMs = receivedMs,
            Bytes = body.Length,
            ContentType = properties.ContentType is { IsEmpty: false } type ? Known(Encoding.UTF8.GetString(type)) : null,
        };
    }

    /// <summary>An id that every look at the message gives again, also after a restart of the broker: a digest, since a queue has no ids.</summary>
    private static UInt128 IdOf(string stream, long receivedMs, ReadOnlySpan<byte> messageId, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(Encoding.UTF8.GetBytes(stream));
        Append(messageId);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, receivedMs);
        hash.AppendData(number);
        hash.AppendData(body);
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);

        void Append(ReadOnlySpan<byte> bytes)
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }

    private static string Header(AmqpProperties properties, ReadOnlySpan<byte> name, int max)
    {
        if (!properties.TryGetHeader(name, out AmqpValue value) || (char)value.Type is not ('S' or 'x'))
        {
            return "";
        }

        string text = Encoding.UTF8.GetString(value.Bytes[..Math.Min(value.Bytes.Length, max * MaxBytesOfCharacter)]);
        return text.Length <= max ? text : text[..max];
    }

    // Streams, reasons and content types are few: a hundred thousand listings share one text of each.
    private static string Known(string text) => string.IsInterned(text)
        ?? (text.Length > MaxCode ? text
        : Texts.TryGetValue(text, out string? known) ? known
        : Texts.Count < MaxTexts ? Texts.GetOrAdd(text, text)
        : text);
}
