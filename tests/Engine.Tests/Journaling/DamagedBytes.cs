using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using Shouldly;

namespace DataLoad.Engine.Tests.Journaling;

/// <summary>Breaks stored bytes in all the ways there are, and expects each break to be told by name.</summary>
internal static class DamagedBytes
{
    public static void ShouldBeRefused(byte[] good, Action<byte[]> decode, string names)
    {
        for (int bit = 0; bit < good.Length * 8; bit++)
        {
            byte[] flipped = [.. good];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<StoredFormatException>(() => decode(flipped), $"bit {bit}").Message.ShouldContain(names);
        }

        for (int length = 0; length < good.Length; length++)
        {
            Should.Throw<StoredFormatException>(() => decode(good[..length]), $"{length} bytes").Message.ShouldContain(names);
        }

        byte[] newer = good[..^4];
        newer[0] = 9;
        Should.Throw<StoredFormatException>(() => decode(Seal(newer))).Message.ShouldContain("version 9");
    }

    /// <summary>Bytes that a bug or a hand has changed and sealed again: anything but another kind of exception.</summary>
    public static void ShouldNotCrash(byte[] good, Action<byte[]> decode, int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 3000; i++)
        {
            byte[] body = good[..^4];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            try
            {
                decode(Seal(random.Next(3) == 0 ? body[..random.Next(1, body.Length)] : body));
            }
            catch (StoredFormatException)
            {
                // Refused by name, as it should be.
            }
        }
    }

    private static byte[] Seal(byte[] body)
    {
        var writer = new ByteWriter();
        writer.Bytes(body);
        writer.Checksum();
        return writer.Written.ToArray();
    }
}
