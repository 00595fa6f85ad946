using System.Buffers.Binary;
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

    public static DeadLetterSummary Read(IReadOnlyBasicProperties properties, ReadOnlySpan<byte> body)
    {
        string stream = Header(properties, DeliveryHeaders.Stream, MaxCode);
        long receivedMs = DeliveryHeaders.TryInteger(properties, DeliveryHeaders.Received, out long? received) ? received ?? 0 : 0;
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

    /// <summary>
    /// An id that every look at the message gives again, and a restart of the broker does too: a digest of what makes
    /// it that message. A queue has no ids of its own.
    /// </summary>
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

    private static string Header(IReadOnlyBasicProperties properties, string name, int max)
    {
        object? value = null;
        properties.Headers?.TryGetValue(name, out value);
        string text = value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            string already => already,
            _ => "",
        };
        return text.Length <= max ? text : text[..max];
    }

    // Streams, reasons and content types are few: a hundred thousand listings share one text of each.
    private static string Known(string text) => string.IsInterned(text) ?? (text.Length <= MaxCode ? Texts.GetOrAdd(text) : text);

    private static readonly TextPool Texts = new();

    private sealed class TextPool
    {
        private const int Most = 1000;
        private readonly HashSet<string> _texts = new(StringComparer.Ordinal);
        private readonly Lock _lock = new();

        public string GetOrAdd(string text)
        {
            lock (_lock)
            {
                if (_texts.TryGetValue(text, out string? known))
                {
                    return known;
                }

                if (_texts.Count < Most)
                {
                    _texts.Add(text);
                }

                return text;
            }
        }
    }
}
