using DataLoad.Engine.Binary;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>What an index knows a session by: 26 bits of a hash over its text as a journal entry holds it (<see cref="EntryText"/>), which is one writing for
/// each text. Stable across processes and versions, since segments keep it.</summary>
/// <remarks>Any length is right, for events are compared with the session itself; 26 bits have a question read a block in vain for every 67 million pairs of
/// a session and a block.</remarks>
internal static class SessionFingerprint
{
    public const int Bits = 26;

    /// <summary>The fingerprint of the session of an event.</summary>
    /// <param name="payload">The event's payload, as <see cref="EntryWriter"/> wrote it.</param>
    /// <exception cref="InvalidDataException">The payload is damaged.</exception>
    public static uint OfPayload(ReadOnlySpan<byte> payload) => OfText(TextOf(payload));

    /// <summary>The fingerprint of a session's text in its writing of a journal entry.</summary>
    /// <remarks>A CRC alone, and one that is multiplied once, is uneven where sessions are numbers in a row: what follows spreads each bit over all of them
    /// (<see href="https://github.com/skeeto/hash-prospector"/>).</remarks>
    public static uint OfText(ReadOnlySpan<byte> text)
    {
        uint hash = Crc32C.Compute(text);
        hash = (hash ^ (hash >> 16)) * 0x7FEB352D;
        hash = (hash ^ (hash >> 15)) * 0x846CA68B;
        return (hash ^ (hash >> 16)) >> (32 - Bits);
    }

    /// <summary>The session's text as a payload holds it.</summary>
    /// <exception cref="InvalidDataException">The payload is damaged.</exception>
    public static ReadOnlySpan<byte> TextOf(ReadOnlySpan<byte> payload)
    {
        var reader = new ByteReader(payload);
        reader.Byte();
        reader.Unsigned();
        int start = reader.Position;
        EntryText.Skip(ref reader);
        return payload[start..reader.Position];
    }

    /// <summary>The writing of a session in a journal entry.</summary>
    public static byte[] TextOf(string session)
    {
        var writer = new ByteWriter();
        EntryText.Write(writer, System.Text.Encoding.UTF8.GetBytes(session));
        return writer.Written.ToArray();
    }
}
