using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>The stored form of a Counter: version 3, a byte; its SequenceNr; how many breakdowns hold all of its events, and of each its number, the number of the first
/// page of its parts and how many there are, which are stored apart (<see cref="PartPageCodec"/>); how many metrics follow; for each metric that is not zero its number, its sum,
/// and for a distinct one the length and bytes of its set; a CRC-32C at the end. Metrics are stored by number, so that one that is appended to a page later
/// reads as zero, until its past is computed. Of pending ones nothing is read. Version 2 has no
/// first page: it is 0 of all, as long as the Counter was not computed anew. Version 1 has no breakdowns.</summary>
public static class CounterCodec
{
    private const byte Version = 3;
    private const byte WithoutFirstPage = 2;
    private const byte WithoutBreakdowns = 1;
    private const byte SetAside = 0;

    /// <summary>Encodes a Counter's state.</summary>
    public static byte[] Encode(Counter counter)
    {
        var writer = new ByteWriter(256);
        bool isAtFirst = counter.Breakdowns.All(breakdown => breakdown.FirstPage == 0);
        writer.Byte(isAtFirst ? WithoutFirstPage : Version);
        writer.Unsigned((ulong)counter.SequenceNr);
        writer.Unsigned((ulong)counter.Breakdowns.Length);
        foreach (CounterBreakdown breakdown in counter.Breakdowns)
        {
            writer.Byte((byte)breakdown.Breakdown);
            if (!isAtFirst)
            {
                writer.Unsigned((ulong)breakdown.FirstPage);
            }

            writer.Unsigned((ulong)breakdown.StoredPages.Count);
        }

        int count = 0;
        for (int i = 0; i < counter.Page.Metrics.Length; i++)
        {
            count += IsStored(counter, i) ? 1 : 0;
        }

        writer.Unsigned((ulong)count);
        for (int i = 0; i < counter.Page.Metrics.Length; i++)
        {
            if (!IsStored(counter, i))
            {
                continue;
            }

            writer.Unsigned((ulong)i);
            writer.Signed(counter.Sum(i));
            if (counter.Page.Metrics[i].Kind == MetricKind.Distinct)
            {
                IdSet? set = counter.Set(i);
                writer.Unsigned((ulong)(set?.SerializedBytes ?? 0));
                set?.WriteTo(writer);
            }
        }

        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <summary>Encodes that a Counter was set aside, so that it stays so when it is loaded again: a zero in the version's place, then why.</summary>
    public static byte[] EncodeSetAside(string why)
    {
        var writer = new ByteWriter(256);
        writer.Byte(SetAside);
        writer.Text(why);
        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <summary>Decodes a Counter's state; that of its parts is to be added.</summary>
    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static Counter Decode(CounterId id, Page page, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return DecodeBody(id, page, ByteReader.CheckedBody(bytes));
        }
        catch (InvalidDataException e)
        {
            throw Damaged(id, e);
        }
    }

    /// <summary>Whether a stored state is the mark of a Counter that was set aside.</summary>
    public static bool IsSetAside(ReadOnlySpan<byte> bytes) => bytes is [SetAside, ..];

    /// <summary>On which pages the parts of each breakdown are that is on for the page and holds all events of a stored Counter; none where it was set
    /// aside.</summary>
    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static IReadOnlyList<PartPages> DecodeBreakdowns(CounterId id, Page page, ReadOnlySpan<byte> bytes)
    {
        try
        {
            var reader = new ByteReader(ByteReader.CheckedBody(bytes));
            byte version = reader.Byte();
            if (version == SetAside)
            {
                return [];
            }

            reader.Unsigned();
            return ReadBreakdowns(ref reader, version, page);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(id, e);
        }
    }

    /// <summary>Decodes some distinct metrics of a Counter's state, and passes over the others.</summary>
    /// <param name="id">The Counter.</param>
    /// <param name="page">Its page.</param>
    /// <param name="bytes">The state, or the mark of one that was set aside.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static CounterSets DecodeSets(CounterId id, Page page, ReadOnlySpan<byte> bytes, IReadOnlyList<int> metrics)
    {
        var sets = new IdSet?[metrics.Count];
        long[] adopted = new long[metrics.Count];
        try
        {
            ReadOnlySpan<byte> body = ByteReader.CheckedBody(bytes);
            var reader = new ByteReader(body);
            byte version = reader.Byte();
            if (version == SetAside)
            {
                return new CounterSets(id, reader.Text(body.Length), sets, adopted);
            }

            reader.Unsigned();
            ReadBreakdowns(ref reader, version, page);
            for (int count = reader.Length(page.Metrics.Length + page.Pending.Length); count > 0; count--)
            {
                int metric = ReadMetric(ref reader, page);
                long sum = reader.Signed();
                if (page.MetricAt(metric)!.Kind != MetricKind.Distinct)
                {
                    continue;
                }

                ReadOnlySpan<byte> stored = reader.Bytes(reader.Length(int.MaxValue));
                IdSet? set = null;
                for (int i = 0; i < sets.Length; i++)
                {
                    if (metrics[i] == metric)
                    {
                        set ??= stored.IsEmpty ? null : IdSet.Read(stored);
                        (sets[i], adopted[i]) = (set, sum);
                    }
                }
            }

            reader.End();
            return new CounterSets(id, null, sets, adopted);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(id, e);
        }
    }

    internal static StoredFormatException Damaged(CounterId id, InvalidDataException e) => new($"the state of Counter {id} is damaged: {e.Message}.", e);

    private static bool IsStored(Counter counter, int metric) => counter.Sum(metric) != 0 || counter.Set(metric) is not null;

    private static Counter DecodeBody(CounterId id, Page page, ReadOnlySpan<byte> body)
    {
        var reader = new ByteReader(body);
        byte version = reader.Byte();
        if (version == SetAside)
        {
            throw new InvalidDataException($"it was set aside: {reader.Text(body.Length)}");
        }

        long sequenceNr = (long)reader.Unsigned();
        var counter = new Counter(id, page)
        {
            SequenceNr = sequenceNr,
            HeldSequenceNr = sequenceNr,
            Breakdowns = [.. ReadBreakdowns(ref reader, version, page).Select(stored => new CounterBreakdown(stored.Breakdown, stored.First))],
        };
        for (int count = reader.Length(page.Metrics.Length + page.Pending.Length); count > 0; count--)
        {
            int metric = ReadMetric(ref reader, page);
            long sum = reader.Signed();
            ReadOnlySpan<byte> stored = page.MetricAt(metric)!.Kind == MetricKind.Distinct ? reader.Bytes(reader.Length(int.MaxValue)) : [];
            if (metric < page.Metrics.Length)
            {
                counter.SetState(metric, sum, stored.IsEmpty ? null : IdSet.Read(stored));
            }
        }

        reader.End();
        return counter;
    }

    /// <summary>Those that are not on any more are passed over: their pages stay where they are until they are written again.</summary>
    private static List<PartPages> ReadBreakdowns(ref ByteReader reader, byte version, Page page)
    {
        var breakdowns = new List<PartPages>();
        if (version == WithoutBreakdowns)
        {
            return breakdowns;
        }

        if (version is not (WithoutFirstPage or Version))
        {
            throw new InvalidDataException($"version {version} is not known to this program, which reads {WithoutBreakdowns} to {Version}");
        }

        for (int count = reader.Length(byte.MaxValue); count > 0; count--)
        {
            var breakdown = (Breakdown)reader.Byte();
            int first = version == WithoutFirstPage ? 0 : reader.Int32();
            int pages = reader.Int32();
            if (first < 0 || pages < 0 || pages > int.MaxValue - first)
            {
                throw new InvalidDataException($"{pages} pages of parts from page {first} on are none");
            }

            if (page.Breakdowns.Contains(breakdown))
            {
                breakdowns.Add(new PartPages(breakdown, first, pages));
            }
        }

        return breakdowns;
    }

    /// <summary>The number of a metric of a page, be it pending.</summary>
    internal static int ReadMetric(ref ByteReader reader, Page page)
    {
        int metric = reader.Int32();
        return page.MetricAt(metric) is not null ? metric : throw new InvalidDataException($"page '{page.Name}' has no metric number {metric}");
    }
}
