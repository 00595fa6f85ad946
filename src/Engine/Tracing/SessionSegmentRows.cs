using System.Buffers.Binary;
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
    private const byte Version = 1;
    private const byte DirectoryKind = 1;
    private const byte PageKind = 2;
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

        Begin(writer, DirectoryKind, range);
        writer.Unsigned((ulong)segment.Count);
        writer.Checksum();
        Put(SessionSegmentKey.DirectoryPage);
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
            CheckHead(ref reader, DirectoryKind, range);
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
            CheckHead(ref reader, PageKind, segment.Range);
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
        Begin(writer, PageKind, segment.Range);
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

    private static void Begin(ByteWriter writer, byte kind, BlockRange range)
    {
        writer.Clear();
        writer.Byte(Version);
        writer.Byte(kind);
        writer.Unsigned((ulong)range.After);
        writer.Unsigned((ulong)range.Through);
    }

    private static void CheckHead(ref ByteReader reader, byte kind, BlockRange range)
    {
        byte version = reader.Byte();
        if (version != Version)
        {
            throw new InvalidDataException($"it is of version {version}, where this program knows version {Version}");
        }

        byte stored = reader.Byte();
        var of = new BlockRange((long)reader.Unsigned(), (long)reader.Unsigned());
        if (stored != kind || of != range)
        {
            throw new InvalidDataException($"it holds a row of kind {stored} of blocks {of}");
        }
    }

    private static int Count(ref ByteReader reader) => reader.Unsigned() is <= SessionSegment.CountLimit and var count
        ? (int)count : throw new InvalidDataException($"a count of pairs is not from 0 to {SessionSegment.CountLimit}");
}

/// <summary>Writes numbers in Golomb-Rice code: what is above the parameter's bits as that many ones and a zero, then those bits.</summary>
internal ref struct BitWriter(ByteWriter writer)
{
    private ulong _bits;
    private int _count;

    public void Rice(ulong value, int parameter)
    {
        int bits = (int)Math.Min(value >> parameter, 64) + 1 + parameter;
        if (bits <= 56)
        {
            ulong ones = (1UL << (bits - 1 - parameter)) - 1;
            Write((ones << (parameter + 1)) | (value & ((1UL << parameter) - 1)), bits);
            return;
        }

        for (ulong quotient = value >> parameter; quotient > 0;)
        {
            int ones = (int)Math.Min(quotient, 32);
            Write((1UL << ones) - 1, ones);
            quotient -= (ulong)ones;
        }

        Write(0, 1);
        int high = Math.Max(0, parameter - 32);
        Write((value >> 32) & ((1UL << high) - 1), high);
        Write(value & ((1UL << (parameter - high)) - 1), parameter - high);
    }

    /// <summary>Ends it with zeros up to a whole byte.</summary>
    public void End()
    {
        Write(0, (8 - (_count & 7)) & 7);
        Flush();
    }

    // At most 56 bits at a time; fewer than 8 are left of those before.
    private void Write(ulong value, int count)
    {
        _bits = (_bits << count) | value;
        _count += count;
        Flush();
    }

    private void Flush()
    {
        if (_count >= 8)
        {
            BinaryPrimitives.WriteUInt64BigEndian(writer.GetSpan(sizeof(ulong)), _bits << (64 - _count));
            writer.Advance(_count / 8);
            _count %= 8;
        }
    }
}

/// <summary>Reads what <see cref="BitWriter"/> wrote, never past the end. Any fault is an <see cref="InvalidDataException"/>.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;
    private ulong _bits;
    private int _count;

    /// <summary>Reads a number that is below a limit.</summary>
    public ulong Rice(int parameter, ulong limit)
    {
        ulong quotient = 0;
        while (true)
        {
            Fill();
            if (_count == 0)
            {
                throw new InvalidDataException("its code ends too early");
            }

            int ones = Math.Min(BitOperations.LeadingZeroCount(~_bits), _count);
            quotient += (ulong)ones;
            if (ones < _count)
            {
                Drop(ones + 1);
                break;
            }

            Drop(ones);
        }

        if (quotient > limit >> parameter)
        {
            throw new InvalidDataException("a pair is not of its page");
        }

        ulong value = quotient << parameter;
        int high = Math.Max(0, parameter - 32);
        value |= Read(high) << (parameter - high);
        value |= Read(parameter - high);
        return value < limit ? value : throw new InvalidDataException("a pair is not of its page");
    }

    /// <summary>Checks that nothing but zeros up to a whole byte is left.</summary>
    public void End()
    {
        Fill();
        if (_position < _bytes.Length || _count >= 8 || _bits != 0)
        {
            throw new InvalidDataException("its code is longer than its pairs");
        }
    }

    private ulong Read(int count)
    {
        if (count == 0)
        {
            return 0;
        }

        Fill();
        if (_count < count)
        {
            throw new InvalidDataException("its code ends too early");
        }

        ulong value = _bits >> (64 - count);
        Drop(count);
        return value;
    }

    // The bits to come stand at the top; those behind them are zero.
    private void Fill()
    {
        while (_count <= 56 && _position < _bytes.Length)
        {
            _bits |= (ulong)_bytes[_position++] << (56 - _count);
            _count += 8;
        }
    }

    private void Drop(int count)
    {
        _bits = count == 64 ? 0 : _bits << count;
        _count -= count;
    }
}
