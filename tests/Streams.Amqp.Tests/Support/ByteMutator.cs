using System.Buffers.Binary;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>Changes bytes as damage and malice do. The same seed makes the same changes.</summary>
internal static class ByteMutator
{
    private const int HeadBytes = 64;

    /// <summary>Some changes one after another, 1 to 3.</summary>
    /// <param name="original">What is changed; it stays as it is.</param>
    /// <param name="random">Where the changes come from.</param>
    /// <param name="telling">Bytes that mean something to the decoder; they are put in more often than others.</param>
    public static byte[] MutateSome(byte[] original, Random random, ReadOnlySpan<byte> telling = default)
    {
        byte[] bytes = original;
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            bytes = Mutate(bytes, random, telling);
        }

        return bytes;
    }

    /// <summary>One change: a bit flipped, a byte replaced, put in or taken out, an integer at its limits, the end cut off, a part repeated.</summary>
    public static byte[] Mutate(byte[] original, Random random, ReadOnlySpan<byte> telling = default)
    {
        // Small heads are hit as often as large bodies.
        int reach = random.Next(2) == 0 ? Math.Min(HeadBytes, original.Length) : original.Length;
        int at = random.Next(reach + 1);
        int length = random.Next(original.Length - at + 1);
        byte put = telling.IsEmpty || random.Next(3) == 0 ? (byte)random.Next(256) : telling[random.Next(telling.Length)];
        byte[] bytes = [.. original];
        switch (random.Next(8))
        {
            case 0 when at < bytes.Length:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when at < bytes.Length:
                bytes[at] = put;
                return bytes;
            case 2:
                return bytes[..at];
            case 3 or 4:
                return [.. bytes[..at], put, .. bytes[at..]];
            case 5:
                return [.. bytes[..(at + length)], .. bytes[at..]];
            case 6 when bytes.Length - at >= 4:
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), random.Next(4) switch { 0 => 0, 1 => -1, 2 => int.MaxValue, _ => 1 });
                return bytes;
            default:
                return [.. bytes[..at], .. bytes[(at + Math.Min(length, random.Next(1, 5)))..]];
        }
    }
}
