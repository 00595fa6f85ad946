using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Tests.Hostile;
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

    /// <summary>
    /// Bytes that a bug or a hand has changed and sealed again: anything but another kind of exception, or memory out of
    /// proportion to them.
    /// </summary>
    /// <param name="good">What is changed.</param>
    /// <param name="decode">The decoder.</param>
    /// <param name="seed">Where the changes come from.</param>
    /// <param name="perByte">How many bytes may be allocated for each byte.</param>
    /// <param name="names">What a refusal must say.</param>
    public static void ShouldNotCrash(byte[] good, Action<byte[]> decode, int seed, int perByte, string names)
    {
        var random = new Random(seed);
        int refused = 0;
        const int Rounds = 3000;
        for (int i = 0; i < Rounds; i++)
        {
            byte[] bytes = Seal(ByteMutator.MutateSome(good[..^4], random));
            AllocationBound.ShouldHold(bytes, perByte, () =>
            {
                try
                {
                    decode(bytes);
                }
                catch (StoredFormatException e)
                {
                    // Refused by name, as it should be.
                    refused++;
                    e.Message.ShouldContain(names);
                }
            });
        }

        refused.ShouldBeInRange(1, Rounds - 1, "a fuzz that is always refused, or never, tests nothing");
    }

    public static byte[] Seal(byte[] body)
    {
        var writer = new ByteWriter();
        writer.Bytes(body);
        writer.Checksum();
        return writer.Written.ToArray();
    }
}
