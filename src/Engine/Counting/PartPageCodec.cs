using System.Text;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Counting;

/// <summary>The stored form of a page of a breakdown's parts: version 1, a byte; the SequenceNr that it holds at; how many parts follow; for each the text of its
/// value in UTF-8, behind its length, its id, its SequenceNr, how many metrics follow, and of each its number, its sum, and for a distinct one the length and
/// bytes of its set; a CRC-32C at the end.</summary>
internal static class PartPageCodec
{
    private const byte Version = 1;
    private const int MaxTextBytes = 128 * 4;

    public static byte[] Encode(Page page, PartPage parts, long sequenceNr)
    {
        var writer = new ByteWriter(1024);
        writer.Byte(Version);
        writer.Unsigned((ulong)sequenceNr);
        writer.Unsigned((ulong)parts.Parts.Count);
        foreach (CounterPart part in parts.Parts)
        {
            writer.Unsigned((ulong)part.Text.Length);
            writer.Bytes(part.Text);
            writer.Signed(part.Id);
            writer.Unsigned((ulong)part.SequenceNr);
            writer.Unsigned((ulong)part.CellCount);
            for (int place = 0; place < part.CellCount; place++)
            {
                ref readonly CounterPart.Cell cell = ref part.CellAt(place);
                writer.Unsigned((ulong)cell.Metric);
                writer.Signed(cell.Sum);
                if (page.Metrics[cell.Metric].Kind == MetricKind.Distinct)
                {
                    writer.Unsigned((ulong)(cell.Set?.SerializedBytes ?? 0));
                    cell.Set?.WriteTo(writer);
                }
            }
        }

        writer.Checksum();
        return writer.Written.ToArray();
    }

    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static PartPage Decode(CounterId id, Page page, int number, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return DecodeBody(page, number, BodyOf(bytes));
        }
        catch (InvalidDataException e)
        {
            throw CounterCodec.Damaged(id, e);
        }
    }

    /// <summary>Decodes some distinct metrics of the parts of some values, and passes over the others.</summary>
    /// <param name="id">The Counter.</param>
    /// <param name="page">Its page.</param>
    /// <param name="breakdown">By what it is broken down.</param>
    /// <param name="bytes">The page of parts.</param>
    /// <param name="values">The values; null for all.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <exception cref="StoredFormatException">The bytes are damaged or of an unknown version.</exception>
    public static IReadOnlyList<PartSets> DecodeSets(
        CounterId id, Page page, Breakdown breakdown, ReadOnlySpan<byte> bytes, IReadOnlySet<BreakdownValue>? values, IReadOnlyList<int> metrics)
    {
        try
        {
            ByteReader reader = BodyOf(bytes);
            var parts = new List<PartSets>();
            reader.Unsigned();
            for (int count = reader.Length(PartPage.MaxParts); count > 0; count--)
            {
                var value = BreakdownValue.Of(breakdown, Encoding.UTF8.GetString(reader.Bytes(reader.Length(MaxTextBytes))), (int)reader.Signed());
                reader.Unsigned();
                bool isWanted = values is null || values.Contains(value);
                var sets = new IdSet?[isWanted ? metrics.Count : 0];
                for (int cells = reader.Length(page.Metrics.Length); cells > 0; cells--)
                {
                    int metric = CounterCodec.ReadMetric(ref reader, page);
                    reader.Signed();
                    ReadOnlySpan<byte> stored = page.Metrics[metric].Kind == MetricKind.Distinct ? reader.Bytes(reader.Length(int.MaxValue)) : [];
                    for (int i = 0; i < sets.Length; i++)
                    {
                        sets[i] = metrics[i] == metric && !stored.IsEmpty ? IdSet.Read(stored) : sets[i];
                    }
                }

                if (isWanted)
                {
                    parts.Add(new PartSets(value, sets));
                }
            }

            reader.End();
            return parts;
        }
        catch (InvalidDataException e)
        {
            throw CounterCodec.Damaged(id, e);
        }
    }

    /// <summary>What follows the version, which is known.</summary>
    private static ByteReader BodyOf(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(ByteReader.CheckedBody(bytes));
        byte version = reader.Byte();
        return version == Version ? reader
            : throw new InvalidDataException($"version {version} of a page of parts is not known to this program, which reads {Version}");
    }

    private static PartPage DecodeBody(Page page, int number, ByteReader reader)
    {
        var parts = new PartPage(number) { LoadedSequenceNr = (long)reader.Unsigned() };
        for (int count = reader.Length(PartPage.MaxParts); count > 0; count--)
        {
            CounterPart part = parts.Add(reader.Bytes(reader.Length(MaxTextBytes)), (int)reader.Signed());
            part.SequenceNr = (long)reader.Unsigned();
            for (int cells = reader.Length(page.Metrics.Length + page.Pending.Length); cells > 0; cells--)
            {
                int metric = CounterCodec.ReadMetric(ref reader, page);
                long sum = reader.Signed();
                ReadOnlySpan<byte> stored = page.MetricAt(metric)!.Kind == MetricKind.Distinct ? reader.Bytes(reader.Length(int.MaxValue)) : [];
                if (metric < page.Metrics.Length)
                {
                    part.SetState(metric, sum, stored.IsEmpty ? null : IdSet.Read(stored));
                }
            }
        }

        reader.End();
        return parts;
    }
}
