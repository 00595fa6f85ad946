using System.Buffers;
using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Our own stored form for sets so scattered that Roaring's eight bytes a container would dominate: the number of ids, the first id, then each id's
/// distance from the one before less 1; all of them unsigned varints (seven bits a byte, lowest first, high bit set on all but the last byte).</summary>
internal static class DeltaFormat
{
    private const int MaxVarintBytes = 5;
    private const int Batch = 256; // ids encoded for each span asked of the writer

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public static int SizeOf(ReadOnlySpan<int> ids)
    {
        int size = VarintSize((uint)ids.Length);
        int previous = -1;
        foreach (int id in ids)
        {
            size += VarintSize((uint)(id - previous - 1));
            previous = id;
        }

        return size;
    }

    /// <summary>Writes ascending, distinct ids.</summary>
    public static void Write(ReadOnlySpan<int> ids, IBufferWriter<byte> output)
    {
        output.Advance(Varint.Write(output.GetSpan(MaxVarintBytes), (uint)ids.Length));
        int previous = -1;
        while (!ids.IsEmpty)
        {
            ReadOnlySpan<int> batch = ids[..Math.Min(Batch, ids.Length)];
            Span<byte> buffer = output.GetSpan(batch.Length * MaxVarintBytes);
            int written = 0;
            foreach (int id in batch)
            {
                written += Varint.Write(buffer[written..], (uint)(id - previous - 1));
                previous = id;
            }

            output.Advance(written);
            ids = ids[batch.Length..];
        }
    }

    /// <summary>Reads ascending ids. Allocates at most four bytes for each byte of input.</summary>
    /// <exception cref="InvalidDataException">The bytes are not what <see cref="Write"/> writes.</exception>
    public static int[] Read(ReadOnlySpan<byte> bytes)
    {
        uint count = ReadVarint(ref bytes, "the number of ids");
        if (count > bytes.Length)
        {
            throw Wrong($"{count} ids announced, but only {bytes.Length} bytes follow.");
        }

        var ids = new int[count];
        long previous = -1;
        for (int i = 0; i < ids.Length; i++)
        {
            previous += 1L + ReadVarint(ref bytes, "an id");
            if (previous > int.MaxValue)
            {
                throw Wrong($"id {previous} at index {i} is beyond {int.MaxValue}.");
            }

            ids[i] = (int)previous;
        }

        return bytes.IsEmpty ? ids : throw Wrong($"{bytes.Length} trailing bytes.");
    }

    private static int VarintSize(uint value) => 1 + System.Numerics.BitOperations.Log2(value | 1) / 7;

    private static uint ReadVarint(ref ReadOnlySpan<byte> bytes, string what)
    {
        uint value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            uint next = bytes[i];
            if (i == MaxVarintBytes - 1 && next > 0x0F)
            {
                throw Wrong($"the varint of {what} is beyond 32 bits.");
            }

            value |= (next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                // One value, one encoding: equal sets have equal bytes.
                if (next == 0 && i > 0)
                {
                    throw Wrong($"the varint of {what} is longer than it needs to be.");
                }

                bytes = bytes[(i + 1)..];
                return value;
            }
        }

        throw Wrong($"truncated in the varint of {what}.");
    }

    private static InvalidDataException Wrong(FormattableString what) => new($"Id set, deltas: {FormattableString.Invariant(what)}");
}
