using System.Buffers;
using System.Globalization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>A range of a Partition's journal: behind a SequenceNr, through another.</summary>
internal readonly record struct BlockRange(long After, long Through)
{
    /// <summary>How many numbers a segment may span.</summary>
    public const long MaxLength = 1L << SessionPair.BlockBits;

    public long Length => Through - After;

    public bool Contains(BlockRange other) => other.After >= After && other.Through <= Through;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{After + 1} to {Through}");
}

/// <summary>Which blocks of a range of the journal hold events of which fingerprints: all of them, whatever was sealed or merged when. Immutable; a function
/// of its range alone, so that two of them may overlap and both be right.</summary>
/// <param name="Range">What it stands for.</param>
/// <param name="Count">How many pairs of a fingerprint and a block it holds; 0 where the range has no events.</param>
/// <param name="PageCount">How many pages they stand in, each with an even part of all fingerprints.</param>
internal sealed record SessionSegment(BlockRange Range, int Count, int PageCount)
{
    /// <summary>The most pairs that any segment may hold; a decoder refuses more.</summary>
    public const int CountLimit = 1 << 22;

    /// <summary>How many pairs a page holds at the most where fingerprints are even; 20 to 30 KiB.</summary>
    public const int PagePairs = 8192;

    /// <summary>How many rows it has in the store.</summary>
    public int RowCount => PageCount + 1;

    public static int PageCountOf(int count) => (count + PagePairs - 1) / PagePairs;

    /// <summary>The page that alone may hold a fingerprint; there must be one.</summary>
    public int PageOf(uint fingerprint) => (int)(((ulong)fingerprint * (uint)PageCount) >> SessionFingerprint.Bits);

    /// <summary>The first fingerprint of a page; that of the one behind the last is behind all.</summary>
    public ulong FirstOf(int page) => (((ulong)page << SessionFingerprint.Bits) + (uint)PageCount - 1) / (uint)PageCount;

    /// <summary>The store keys of all its rows, the directory first.</summary>
    public IEnumerable<byte[]> Keys() =>
        Enumerable.Range(PagedRow.DirectoryPage, RowCount).Select(page => SessionSegmentKey.Row(Range, page));
}

/// <summary>A fingerprint and a block in one number, which orders by the fingerprint first.</summary>
internal static class SessionPair
{
    /// <summary>How many bits the block has: its number in the range, from 0.</summary>
    public const int BlockBits = 24;

    private const int HalfBits = SessionFingerprint.Bits / 2;

    public static ulong Of(uint fingerprint, long block) => ((ulong)fingerprint << BlockBits) | (ulong)block;

    public static uint FingerprintOf(ulong pair) => (uint)(pair >> BlockBits);

    public static long BlockOf(ulong pair) => (long)(pair & ((1UL << BlockBits) - 1));

    /// <summary>Sorts pairs that come in the order of their blocks: by the halves of the fingerprint, keeping that order, so that no pair is compared.</summary>
    /// <returns>How many different ones there are; they stand at the front.</returns>
    public static int SortDistinct(Span<ulong> pairs)
    {
        ulong[] rented = ArrayPool<ulong>.Shared.Rent(pairs.Length);
        Span<ulong> other = rented.AsSpan(0, pairs.Length);
        Scatter(pairs, other, BlockBits);
        Scatter(other, pairs, BlockBits + HalfBits);
        ArrayPool<ulong>.Shared.Return(rented);
        int count = Math.Min(1, pairs.Length);
        for (int i = 1; i < pairs.Length; i++)
        {
            if (pairs[i] != pairs[count - 1])
            {
                pairs[count++] = pairs[i];
            }
        }

        return count;
    }

    private static void Scatter(ReadOnlySpan<ulong> from, Span<ulong> to, int shift)
    {
        const int Mask = (1 << HalfBits) - 1;
        int[] next = new int[Mask + 2];
        foreach (ulong pair in from)
        {
            next[(int)((pair >> shift) & Mask) + 1]++;
        }

        for (int i = 1; i < next.Length; i++)
        {
            next[i] += next[i - 1];
        }

        foreach (ulong pair in from)
        {
            to[next[(int)((pair >> shift) & Mask)]++] = pair;
        }
    }
}

/// <summary>The store keys of a segment's rows: those of a directory and pages, named by the range's ends.</summary>
internal static class SessionSegmentKey
{
    /// <summary>The key of a page, or of the directory for <see cref="PagedRow.DirectoryPage"/>.</summary>
    public static byte[] Row(BlockRange range, int page) => PagedRow.Key(range.After, range.Through, page);

    /// <summary>Reads a row's key; false where it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> key, out BlockRange range, out int page)
    {
        bool isKey = PagedRow.TryParse(key, out long after, out long through, out page);
        range = new BlockRange(after, through);
        return isKey && after >= 0 && through > after && through < long.MaxValue && range.Length <= BlockRange.MaxLength;
    }
}

/// <summary>A stored row of a segment is damaged or missing. Nothing is lost by it: the segment's range is read from the journal instead.</summary>
internal sealed class SessionDamageException(int partition, BlockRange range, string what, Exception? inner = null) : StoredFormatException(
    $"{SnapshotFault.Place(partition, SnapshotKind.SessionSegments, range.Through)}: the index of sessions of blocks {range} {what} "
    + "A node makes it anew from the journal; until then questions read those blocks through.", inner)
{
    public BlockRange Range => range;
}
