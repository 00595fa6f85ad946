using System.Buffers;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>The stored form of an <see cref="IdSet"/>: one byte for encoding (high half) and version (low half), then the ids in that encoding. Equal sets
/// have equal bytes, however they came about.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>0x11</term><description><see cref="DeltaFormat"/>, version 1</description></item>
/// <item><term>0x21</term><description><see cref="RoaringFormat"/>: drop this byte and any Roaring library
/// reads the rest</description></item>
/// </list>
/// There is no checksum here, as that would not be portable Roaring: what stores the bytes guards them.
/// </remarks>
internal static class IdSetFormat
{
    private const byte DeltaTag = 0x11;
    private const byte RoaringTag = 0x21;

    // Roaring spends eight bytes on a container's headers, a delta about half a byte more than a low half
    // saves; beyond this many ids a container the difference is small enough to prefer the public format.
    private const int RoaringFromIdsPerContainer = 24;

    /// <summary>Bytes that <see cref="Write"/> writes.</summary>
    public static int SizeOf(IdSet set)
    {
        if (IsRoaring(set))
        {
            return 1 + RoaringWriter.SizeOf(set.ToRoaring());
        }

        int[] ids = RentSorted(set, out int length);
        int size = 1 + DeltaFormat.SizeOf(ids.AsSpan(0, length));
        ArrayPool<int>.Shared.Return(ids);
        return size;
    }

    /// <summary>Writes a set.</summary>
    public static void Write(IdSet set, IBufferWriter<byte> output)
    {
        bool isRoaring = IsRoaring(set);
        output.GetSpan(1)[0] = isRoaring ? RoaringTag : DeltaTag;
        output.Advance(1);
        if (isRoaring)
        {
            RoaringWriter.Write(set.ToRoaring(), output);
            return;
        }

        int[] ids = RentSorted(set, out int length);
        DeltaFormat.Write(ids.AsSpan(0, length), output);
        ArrayPool<int>.Shared.Return(ids);
    }

    /// <summary>Reads a set.</summary>
    /// <exception cref="InvalidDataException">Names what is wrong.</exception>
    public static IdSet Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            throw new InvalidDataException("Id set: truncated: no bytes at all.");
        }

        return bytes[0] switch
        {
            DeltaTag => IdSet.FromSorted(DeltaFormat.Read(bytes[1..])),
            RoaringTag => IdSet.FromRoaring(RoaringReader.Read(bytes[1..])),
            byte tag => throw new InvalidDataException(
                $"Id set: unknown encoding and version 0x{tag:X2}; this version reads 0x{DeltaTag:X2} and 0x{RoaringTag:X2}."),
        };
    }

    private static bool IsRoaring(IdSet set) => !set.IsEmpty && set.Count >= (long)RoaringFromIdsPerContainer * set.CountContainers();

    private static int[] RentSorted(IdSet set, out int length)
    {
        length = (int)set.Count; // Fewer than 24 ids in each of 32,768 containers.
        int[] ids = ArrayPool<int>.Shared.Rent(length);
        set.CopyTo(ids);
        return ids;
    }
}
