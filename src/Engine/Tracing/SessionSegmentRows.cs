using System.Numerics;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Tracing;

/// <summary>
/// The stored form of a segment's rows, version 1. Each starts with the version, its kind and the range's ends, so that a row under another's key is found
/// out, and ends with a CRC-32C. A directory: how many pairs. A page: its index, how many pairs, the parameter of their code, and the pairs as ascending
/// numbers, fingerprint times length of the range plus block, the first one counted from the page's start, the others from the one before, each less one, in
/// Golomb-Rice code (<see href="https://doi.org/10.1109/TCOM.1971.1090789"/>), the highest bit first.
/// </summary>
/// <remarks>Of b blocks with n pairs in all a pair takes 26 + log2(b / n) + 1.5 bits: 3.5 bytes where each block holds one session, less the more it holds.
/// </remarks>
internal static class SessionSegmentRows
{
    private const int CodeLimit = SessionFingerprint.Bits + SessionPair.BlockBits;

    /// <summary>Adds the rows of a segment to what is to be written: its pages, then its directory.</summary>
    /// <remarks>The pairs are all of the range, ascending, each once.</remarks>
    public static SessionSegment Write(int partition, long epoch, BlockRange range, ReadOnlySpan<ulong> pairs, List<SnapshotWrite> writes)
    {
        var segment = new SessionSegment(range, pairs.Length, SessionSegment.PageCountOf(pairs.Length));
        var writer = new ByteWriter(32 * 1024);
        for (int page = 0; page < segment.PageCount; page++)
        {
            int end = FirstFrom(pairs, segment.FirstOf(page + 1) << SessionPair.BlockBits);
            EncodePage(writer, segment, page, pairs[..end]);
            pairs = pairs[end..];
            Put(page);
        }

        PagedRow.Begin(writer, range.After, range.Through, PagedRow.DirectoryPage);
        writer.Unsigned((ulong)segment.Count);
        writer.Checksum();
        Put(PagedRow.DirectoryPage);
        return segment;

        void Put(int page) => writes.Add(new SnapshotWrite(
            partition, epoch, SnapshotKind.SessionSegments, SessionSegmentKey.Row(range, page), range.Through, writer.Written.ToArray()));
    }

    /// <exception cref="SessionDamageException">The bytes are damaged, of an unknown version, or another row's.</exception>
    public static SessionSegment DecodeDirectory(int partition, BlockRange range, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes));
            PagedRow.CheckHead(ref reader, range.After, range.Through, PagedRow.DirectoryPage, Name);
            int count = Count(ref reader);
            reader.End();
            return new SessionSegment(range, count, SessionSegment.PageCountOf(count));
        }
        catch (InvalidDataException e)
        {
            throw new SessionDamageException(partition, range, $"does not read: {e.Message}.", e);
        }
    }

    /// <summary>Gives all pairs of a page, ascending.</summary>
    /// <exception cref="SessionDamageException">The bytes are damaged, of an unknown version, or another row's.</exception>
    public static void DecodePage(int partition, SessionSegment segment, int page, ReadOnlySpan<byte> bytes, Action<ulong> each)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes));
            PagedRow.CheckHead(ref reader, segment.Range.After, segment.Range.Through, page, Name);
            int index = reader.Int32();
            int count = Count(ref reader);
            int parameter = reader.Byte();
            if (index != page || count > segment.Count || parameter > CodeLimit)
            {
                throw new InvalidDataException($"it holds page {index} with {count} pairs in place of page {page} of a segment of {segment.Count}");
            }

            ReadPairs(segment, page, count, parameter, reader.Bytes(reader.Remaining), each);
        }
        catch (InvalidDataException e)
        {
            throw new SessionDamageException(partition, segment.Range, $"does not read on page {page}: {e.Message}.", e);
        }
    }

    private static void ReadPairs(SessionSegment segment, int page, int count, int parameter, ReadOnlySpan<byte> code, Action<ulong> each)
    {
        var length = (ulong)segment.Range.Length;
        ulong next = segment.FirstOf(page) * length;
        ulong end = segment.FirstOf(page + 1) * length;
        var bits = new BitReader(code);
        for (int i = 0; i < count; i++)
        {
            ulong gap = bits.Rice(parameter, end - next);
            ulong value = next + gap;
            each(SessionPair.Of((uint)(value / length), (long)(value % length)));
            next = value + 1;
        }

        bits.End();
    }

    private static void EncodePage(ByteWriter writer, SessionSegment segment, int page, ReadOnlySpan<ulong> pairs)
    {
        var length = (ulong)segment.Range.Length;
        ulong start = segment.FirstOf(page) * length;
        int parameter = ParameterOf((segment.FirstOf(page + 1) * length) - start, pairs.Length);
        PagedRow.Begin(writer, segment.Range.After, segment.Range.Through, page);
        writer.Unsigned((ulong)page);
        writer.Unsigned((ulong)pairs.Length);
        writer.Byte((byte)parameter);
        var bits = new BitWriter(writer);
        foreach (ulong pair in pairs)
        {
            ulong value = (SessionPair.FingerprintOf(pair) * length) + (ulong)SessionPair.BlockOf(pair);
            bits.Rice(value - start, parameter);
            start = value + 1;
        }

        bits.End();
        writer.Checksum();
    }

    /// <summary>The parameter that suits gaps of random numbers best: two to it is about their mean times the logarithm of 2.</summary>
    private static int ParameterOf(ulong span, int count) =>
        count == 0 ? 0 : BitOperations.Log2(Math.Max(1, (ulong)(span / (double)count * 0.98)));

    private static int FirstFrom(ReadOnlySpan<ulong> pairs, ulong value)
    {
        int found = pairs.BinarySearch(value);
        return found < 0 ? ~found : found;
    }

    private static string Name(long after, long through) => $"blocks {new BlockRange(after, through)}";

    private static int Count(ref ByteReader reader) => reader.Unsigned() is <= SessionSegment.CountLimit and var count
        ? (int)count : throw new InvalidDataException($"a count of pairs is not from 0 to {SessionSegment.CountLimit}");
}
