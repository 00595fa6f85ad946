using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Writes the portable Roaring format (<see cref="RoaringFormat"/>), each container in its shortest kind.</summary>
internal static class RoaringWriter
{
    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public static int SizeOf(RoaringIds ids)
    {
        bool anyRuns = false;
        int size = 0;
        foreach (ref readonly Container container in ids.Containers)
        {
            size += BodyBytes(container, out bool asRuns);
            anyRuns |= asRuns;
        }

        return size + HeaderBytes(ids.Size, anyRuns);
    }

    /// <summary>Writes a set; asks the writer for at most the header or one container at a time.</summary>
    public static void Write(RoaringIds ids, IBufferWriter<byte> output)
    {
        var sizes = new int[ids.Size];
        var asRuns = new bool[ids.Size];
        bool anyRuns = false;
        for (int i = 0; i < sizes.Length; i++)
        {
            sizes[i] = BodyBytes(ids.Containers[i], out asRuns[i]);
            anyRuns |= asRuns[i];
        }

        WriteHeader(ids, sizes, asRuns, anyRuns, output);
        Span<ushort> scratch = new ushort[RoaringFormat.MaxArrayCardinality];
        for (int i = 0; i < sizes.Length; i++)
        {
            WriteBody(ids.Containers[i], asRuns[i], scratch, output.GetSpan(sizes[i])[..sizes[i]]);
            output.Advance(sizes[i]);
        }
    }

    private static int BodyBytes(in Container container, out bool asRuns)
    {
        int runs = container.CountRuns();
        asRuns = RoaringFormat.RunsAreShorter(runs, container.Cardinality);
        return asRuns ? RoaringFormat.RunBytes(runs) : RoaringFormat.PlainBytes(container.Cardinality);
    }

    private static int HeaderBytes(int containers, bool anyRuns)
    {
        int cookie = anyRuns ? 4 + (containers + 7) / 8 : 8;
        int offsets = !anyRuns || containers >= RoaringFormat.OffsetsFromContainers ? 4 * containers : 0;
        return cookie + 4 * containers + offsets;
    }

    private static void WriteHeader(RoaringIds ids, int[] sizes, bool[] asRuns, bool anyRuns, IBufferWriter<byte> output)
    {
        int length = HeaderBytes(sizes.Length, anyRuns);
        Span<byte> header = output.GetSpan(length)[..length];
        header.Clear();
        Span<byte> rest = header;
        if (anyRuns)
        {
            Put16(ref rest, RoaringFormat.CookieWithRuns);
            Put16(ref rest, sizes.Length - 1);
            for (int i = 0; i < asRuns.Length; i++)
            {
                rest[i >> 3] |= (byte)(asRuns[i] ? 1 << (i & 7) : 0);
            }

            rest = rest[((sizes.Length + 7) / 8)..];
        }
        else
        {
            Put32(ref rest, RoaringFormat.CookieWithoutRuns);
            Put32(ref rest, sizes.Length);
        }

        foreach (ref readonly Container container in ids.Containers)
        {
            Put16(ref rest, container.Key);
            Put16(ref rest, container.Cardinality - 1);
        }

        int offset = length;
        for (int i = 0; !rest.IsEmpty; i++)
        {
            Put32(ref rest, offset);
            offset += sizes[i];
        }

        output.Advance(length);
    }

    private static void WriteBody(in Container container, bool asRuns, Span<ushort> scratch, Span<byte> body)
    {
        if (asRuns)
        {
            Put16(ref body, (body.Length - 2) / 4);
            Span<ushort> pairs = scratch[..(body.Length / 2)];
            switch (container.Kind)
            {
                case ContainerKind.Array: SortedLows.CopyRuns(container.Lows, pairs); break;
                case ContainerKind.Bitmap: Bitmap.CopyRuns(container.Words, pairs); break;
                default: container.Pairs.CopyTo(pairs); break;
            }

            Copy(pairs, body);
        }
        else if (container.Cardinality <= RoaringFormat.MaxArrayCardinality)
        {
            Span<ushort> lows = scratch[..container.Cardinality];
            container.CopyLows(lows);
            Copy(lows, body);
        }
        else
        {
            scratch.Clear();
            Span<ulong> words = MemoryMarshal.Cast<ushort, ulong>(scratch);
            container.SetBits(words);
            if (!BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.ReverseEndianness(words, words);
            }

            MemoryMarshal.AsBytes(words).CopyTo(body);
        }
    }

    private static void Copy(Span<ushort> values, Span<byte> body)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(values, values);
        }

        MemoryMarshal.AsBytes(values).CopyTo(body);
    }

    private static void Put16(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)value);
        rest = rest[2..];
    }

    private static void Put32(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, value);
        rest = rest[4..];
    }
}
