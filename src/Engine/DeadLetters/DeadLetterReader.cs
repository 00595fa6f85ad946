using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DataLoad.Engine.Intake;
using RabbitMQ.Client;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Reads what a message in the queue of dead letters says of itself.</summary>
internal static class DeadLetterReader
{
    private const int MaxCode = 100;
    private const int MaxError = 300;
    private const int MaxTexts = 1000;

    private static readonly ConcurrentDictionary<string, string> Texts = new(StringComparer.Ordinal);

    public static DeadLetterSummary Read(IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        string stream = Header(properties, DeliveryHeaders.Stream, MaxCode);
        long receivedMs = Integer(properties, DeliveryHeaders.Received) ?? 0;
        return new DeadLetterSummary
        {
            Id = IdOf(stream, receivedMs, properties.MessageId, body),
            Stream = Known(stream),
            Reason = Known(Header(properties, DeliveryHeaders.Reason, MaxCode)),
            Error = Header(properties, DeliveryHeaders.Error, MaxError),
            ReceivedMs = receivedMs,
            Bytes = body.Length,
            ContentType = properties.ContentType is { Length: > 0 } type ? Known(type) : null,
        };
    }

    /// <summary>An id that every look at the message gives again, also after a restart of the broker: a digest, since a queue has no ids.</summary>
    private static UInt128 IdOf(string stream, long receivedMs, string? messageId, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[8];
        foreach (string text in new[] { stream, messageId ?? "" })
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt64LittleEndian(number, bytes.Length);
            hash.AppendData(number);
            hash.AppendData(bytes);
        }

        BinaryPrimitives.WriteInt64LittleEndian(number, receivedMs);
        hash.AppendData(number);
        hash.AppendData(body);
        Span<byte> digest = stackalloc byte[32];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private static object? Value(IReadOnlyBasicProperties properties, string name) =>
        properties.Headers is { } headers && headers.TryGetValue(name, out object? value) ? value : null;

    private static string Text(object? value) => value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : value as string ?? "";

    private static string Header(IReadOnlyBasicProperties properties, string name, int max)
    {
        string text = Text(Value(properties, name));
        return text.Length <= max ? text : text[..max];
    }

    /// <summary>A header of any integer type, or of digits in a string; null where it is missing or none of these.</summary>
    private static long? Integer(IReadOnlyBasicProperties properties, string name) => Value(properties, name) switch
    {
        ulong and > long.MaxValue => null,
        object value and (byte or sbyte or short or ushort or int or uint or long or ulong) => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        var value => long.TryParse(Text(value), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null,
    };

    // Streams, reasons and content types are few: a hundred thousand listings share one text of each.
    private static string Known(string text) => string.IsInterned(text)
        ?? (text.Length > MaxCode ? text
        : Texts.TryGetValue(text, out string? known) ? known
        : Texts.Count < MaxTexts ? Texts.GetOrAdd(text, text)
        : text);
}
