using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DataLoad.Engine.Counting.Sets;

/// <summary>Reads the portable Roaring format (<see cref="RoaringFormat"/>) and believes none of it: every length is checked against the bytes at hand before
/// anything is allocated for it.</summary>
internal ref struct RoaringReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    private RoaringReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The set in these bytes. Allocates at most eight bytes for each byte of input.</summary>
    /// <exception cref="InvalidDataException">Names what is wrong and where.</exception>
    public static RoaringIds Read(ReadOnlySpan<byte> bytes) => new RoaringReader(bytes).Read();

    private RoaringIds Read()
    {
        uint cookie = BinaryPrimitives.ReadUInt32LittleEndian(Take(4, "the cookie"));
        ReadOnlySpan<byte> runFlags = default;
        long size;
        if (cookie == RoaringFormat.CookieWithoutRuns)
        {
            size = BinaryPrimitives.ReadUInt32LittleEndian(Take(4, "the number of containers"));
        }
        else if ((cookie & 0xFFFF) == RoaringFormat.CookieWithRuns)
        {
            size = (cookie >> 16) + 1;
            runFlags = TakeRunFlags((int)size);
        }
        else
        {
            throw Wrong($"unknown cookie {cookie}");
        }

        if (size > RoaringFormat.MaxKey + 1)
        {
            throw Wrong($"{size} containers; non-negative 32-bit ids fill at most {RoaringFormat.MaxKey + 1}");
        }

        int containers = (int)size;
        ReadOnlySpan<byte> header = Take(4 * containers, "the descriptive header");
        bool withOffsets = runFlags.IsEmpty || containers >= RoaringFormat.OffsetsFromContainers;
        ReadOnlySpan<byte> offsets = withOffsets ? Take(4 * containers, "the offset header") : default;

        var ids = new RoaringIds(containers);
        int previousKey = -1;
        for (int i = 0; i < containers; i++)
        {
            int key = BinaryPrimitives.ReadUInt16LittleEndian(header[(4 * i)..]);
            int cardinality = BinaryPrimitives.ReadUInt16LittleEndian(header[(4 * i + 2)..]) + 1;
            if (key <= previousKey)
            {
                throw Wrong($"container {i} is out of order: key {key} after {previousKey}");
            }

            if (key > RoaringFormat.MaxKey)
            {
                throw Wrong($"key {key} of container {i} means ids beyond {int.MaxValue}");
            }

            if (withOffsets && BinaryPrimitives.ReadUInt32LittleEndian(offsets[(4 * i)..]) is uint offset
                && offset != _position)
            {
                throw Wrong($"offset {offset} of container {i}, which is at {_position}");
            }

            bool isRuns = !runFlags.IsEmpty && (runFlags[i >> 3] >> (i & 7) & 1) != 0;
            ids.Append(isRuns ? ReadRuns(i, key, cardinality)
                : cardinality <= RoaringFormat.MaxArrayCardinality ? ReadArray(i, key, cardinality) : ReadBitmap(i, key, cardinality));
            previousKey = key;
        }

        return _position == _bytes.Length ? ids : throw Wrong($"{_bytes.Length - _position} trailing bytes");
    }

    private ReadOnlySpan<byte> TakeRunFlags(int containers)
    {
        ReadOnlySpan<byte> flags = Take((containers + 7) / 8, "the run flags");
        int padding = flags[^1] >> ((containers - 1 & 7) + 1);
        return padding == 0 ? flags : throw Wrong($"run flags set beyond the last container");
    }

    private Container ReadRuns(int index, int key, int cardinality)
    {
        int runs = BinaryPrimitives.ReadUInt16LittleEndian(Take(2, "the number of runs", index));
        ReadOnlySpan<byte> body = Take(4 * runs, "the runs", index);
        int previousEnd = -2, sum = 0;
        for (int i = 0; i < runs; i++)
        {
            int start = BinaryPrimitives.ReadUInt16LittleEndian(body[(4 * i)..]);
            int end = start + BinaryPrimitives.ReadUInt16LittleEndian(body[(4 * i + 2)..]);
            if (start <= previousEnd + 1)
            {
                throw Wrong($"run {i} of container {index} starts at {start}, not apart from the one that ends at {previousEnd}");
            }

            if (end >= RoaringFormat.ContainerSpan)
            {
                throw Wrong($"run {i} of container {index} ends at {end}, beyond its container");
            }

            sum += end - start + 1;
            previousEnd = end;
        }

        if (sum != cardinality)
        {
            throw WrongCardinality(index, cardinality, sum);
        }

        ReadOnlySpan<ushort> pairs = Values(body);
        if (RoaringFormat.RunsAreShorter(runs, cardinality))
        {
            return Container.Create(key, cardinality, ContainerKind.Runs, pairs.ToArray(), runs);
        }

        // Another writer's choice; ours would be an array or a bitmap.
        Span<ulong> words = stackalloc ulong[Bitmap.WordCount];
        words.Clear();
        RunPairs.SetAll(pairs, words);
        Container.TryFromWords(key, words, out Container container);
        return container;
    }

    private Container ReadArray(int index, int key, int cardinality)
    {
        ReadOnlySpan<ushort> lows = Values(Take(2 * cardinality, "the array", index));
        for (int i = 1; i < lows.Length; i++)
        {
            if (lows[i] <= lows[i - 1])
            {
                throw Wrong($"array of container {index} is out of order: {lows[i]} after {lows[i - 1]}");
            }
        }

        return Container.FromLows(key, lows);
    }

    private Container ReadBitmap(int index, int key, int cardinality)
    {
        ReadOnlySpan<byte> body = Take(RoaringFormat.BitmapBytes, "the bitmap", index);
        Span<ulong> words = stackalloc ulong[Bitmap.WordCount];
        body.CopyTo(MemoryMarshal.AsBytes(words));
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }

        Container.TryFromWords(key, words, out Container container);
        int actual = Bitmap.CountBits(words);
        return actual == cardinality ? container : throw WrongCardinality(index, cardinality, actual);
    }

    private ReadOnlySpan<byte> Take(int length, string what, int container = -1)
    {
        int left = _bytes.Length - _position;
        if (length > left)
        {
            throw container < 0
                ? Wrong($"truncated: {what} takes {length} bytes, {left} are left")
                : Wrong($"truncated: {what} of container {container} takes {length} bytes, {left} are left");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, length);
        _position += length;
        return taken;
    }

    private static ReadOnlySpan<ushort> Values(ReadOnlySpan<byte> bytes)
    {
        if (BitConverter.IsLittleEndian)
        {
            return MemoryMarshal.Cast<byte, ushort>(bytes);
        }

        ushort[] values = MemoryMarshal.Cast<byte, ushort>(bytes).ToArray();
        BinaryPrimitives.ReverseEndianness(values, values);
        return values;
    }

    private readonly InvalidDataException WrongCardinality(int index, int announced, int actual) =>
        Wrong($"cardinality mismatch: container {index} announces {announced} ids and has {actual}");

    private readonly InvalidDataException Wrong(FormattableString what) => new(
        FormattableString.Invariant($"Id set, Roaring at byte {_position}: {FormattableString.Invariant(what)}."));
}
