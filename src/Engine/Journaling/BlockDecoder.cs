using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Reads blocks, one event at a time into the same object: open one, then call <see cref="Next"/> until it is false. Not thread-safe.</summary>
/// <param name="catalog">The streams and their facts.</param>
public sealed class BlockDecoder(Catalog catalog)
{
    private readonly EntryDecoder _entries = new(catalog);
    private readonly TopicTypeReader _types = new();
    private BlockHead _head;
    private ReadOnlyMemory<byte> _body;
    private int _position;
    private int _read;
    private long _lastTimeMs;
    private int _lastDay;

    /// <summary>The event that <see cref="Next"/> read; the same object each time.</summary>
    public BusinessEvent Event { get; } = new();

    /// <summary>Where the event's payload begins in the block: what <see cref="EntryDecoder.ReadCounted"/> takes.</summary>
    public int PayloadOffset { get; private set; }

    /// <summary>The size of the event's payload, in bytes.</summary>
    public int PayloadLength { get; private set; }

    /// <summary>The block's SequenceNr.</summary>
    public long SequenceNr => _head.SequenceNr;

    /// <summary>When the block was made, in epoch milliseconds.</summary>
    public long JournaledAtMs => _head.JournaledAtMs;

    /// <summary>How many events the block holds.</summary>
    public int EventCount => _head.Count;

    /// <summary>Whether the texts are wanted; where not they are passed over, unless an identity needs them.</summary>
    public bool WithTexts { get => _entries.WithTexts; set => _entries.WithTexts = value; }

    /// <summary>Whether identities are wanted; where not, those that would have to be computed are left out.</summary>
    public bool WithIdentities { get => _entries.WithIdentities; set => _entries.WithIdentities = value; }

    /// <summary>What breakdowns are by: read though texts are not wanted.</summary>
    internal Sources WantedSources { get => _entries.WantedSources; set => _entries.WantedSources = value; }

    /// <summary>Opens a block that was read at a place of a Partition's journal, and checks its checksum and head.</summary>
    /// <exception cref="StoredFormatException">The block is damaged, of an unknown version, or of another place.</exception>
    public void Open(int partition, long sequenceNr, Block block)
    {
        try
        {
            ByteReader.CheckedBody(block.Bytes.Span);
            _body = block.Bytes[..^4];
            _head = BlockHead.Read(_body.Span);
            if (_head.Partition != partition || _head.SequenceNr != sequenceNr)
            {
                throw new InvalidDataException($"its block is of Partition {_head.Partition} and SequenceNr {_head.SequenceNr}");
            }
        }
        catch (InvalidDataException e)
        {
            throw JournalFault.Damaged(partition, sequenceNr, e);
        }

        _types.Clear();
        _position = BlockHead.Size;
        _read = 0;
        _lastTimeMs = _head.JournaledAtMs;
        _lastDay = 0;
    }

    /// <summary>Reads the next event.</summary>
    /// <returns>False at the block's end.</returns>
    /// <exception cref="StoredFormatException">The block is damaged.</exception>
    public bool Next()
    {
        try
        {
            var reader = new ByteReader(_body.Span[_position..]);
            if (_read == _head.Count)
            {
                reader.End();
                return false;
            }

            ReadEntry(ref reader);
            _position += reader.Position;
            _read++;
            return true;
        }
        catch (InvalidDataException e)
        {
            throw JournalFault.Damaged(_head.Partition, _head.SequenceNr, e);
        }
    }

    private void ReadEntry(ref ByteReader reader)
    {
        byte streamId = reader.Byte();
        Event.Reset(catalog.StreamById(streamId) ?? throw new InvalidDataException($"stream number {streamId} is not in this program's catalog"));
        Event.Topic = _types.ReadTopic(ref reader);
        Event.TimeMs = _lastTimeMs += reader.Signed();
        Event.Day = _lastDay += (int)reader.Signed();
        if ((uint)Event.Day > (uint)DateOnly.MaxValue.DayNumber)
        {
            throw new InvalidDataException($"day number {Event.Day} is not a date");
        }

        PayloadOffset = _position + reader.Position;
        _entries.Read(ref reader, Event);
        PayloadLength = _position + reader.Position - PayloadOffset;
    }
}

/// <summary>What of an event breakdowns are by; the parent's id is always read.</summary>
[Flags]
internal enum Sources
{
    None = 0,
    Parent = 1,
    Channel = 2,
    QrCode = 4,
}

/// <summary>What breakdowns are by.</summary>
internal static class BreakdownSources
{
    /// <summary>What is read for breakdowns.</summary>
    public static Sources Of(IEnumerable<Breakdown> breakdowns) => breakdowns.Aggregate(Sources.None, (sources, breakdown) => sources | breakdown switch
    {
        Breakdown.Parent => Sources.Parent,
        Breakdown.Channel => Sources.Channel,
        _ => Sources.QrCode,
    });

    /// <summary>What is read for all breakdowns of a catalog.</summary>
    public static Sources Of(Catalog catalog) => Of(catalog.Pages.SelectMany(page => page.Breakdowns));
}

/// <summary>Reads the payloads that <see cref="EntryWriter"/> wrote. Not thread-safe, but for <see cref="ReadCounted"/>.</summary>
internal sealed class EntryDecoder(Catalog catalog)
{
    private readonly IdentityHasher _hasher = new();
    private readonly bool[] _holdsContent =
        [.. Enumerable.Range(0, 256).Select(id => catalog.StreamById((byte)id) is { } stream && IdentityHasher.EventHoldsContent(stream))];

    /// <summary>Whether the texts are wanted; where not they are passed over, unless an identity needs them.</summary>
    public bool WithTexts { get; set; }

    /// <summary>Whether identities are wanted; where not, those that would have to be computed are left out.</summary>
    public bool WithIdentities { get; set; } = true;

    /// <summary>Which of the texts are read though texts are not wanted.</summary>
    public Sources WantedSources { get; set; }

    /// <summary>Reads only what is counted, the user, the facts and what breakdowns are by, of one entry of a block whose checksum is good. Allocates
    /// nothing.</summary>
    /// <param name="block">The block's bytes.</param>
    /// <param name="payloadOffset">Where its payload begins: see <see cref="BlockEncoder.Add"/> and <see cref="BlockDecoder.PayloadOffset"/>.</param>
    /// <param name="wanted">What breakdowns are by.</param>
    /// <param name="into">An event that was emptied and made one of the entry's stream.</param>
    /// <exception cref="StoredFormatException">The entry is damaged.</exception>
    public static void ReadCounted(ReadOnlySpan<byte> block, int payloadOffset, Sources wanted, BusinessEvent into)
    {
        try
        {
            var reader = new ByteReader(block[payloadOffset..^4]);
            byte flags = reader.Byte();
            into.WuId = reader.Int32();
            bool hasFacts = (flags & EntryWriter.HasFacts) != 0;
            if (!hasFacts && (wanted == Sources.None || (flags & EntryWriter.HasSources) == 0))
            {
                return;
            }

            ReadSources(ref reader, flags, wanted, into);
            if (hasFacts)
            {
                ReadIdentity(ref reader, KindOf(flags));
                ReadFactValues(ref reader, into);
            }
        }
        catch (InvalidDataException e)
        {
            BlockHead head = BlockHead.Read(block);
            throw JournalFault.Damaged(head.Partition, head.SequenceNr, e);
        }
    }

    /// <summary>Reads a payload into an event that was emptied and has its stream, topic, time and day.</summary>
    /// <exception cref="InvalidDataException">The payload is damaged.</exception>
    public void Read(ref ByteReader reader, BusinessEvent into)
    {
        byte flags = reader.Byte();
        IdentityKind kind = KindOf(flags);
        bool computed = kind == IdentityKind.Content && WithIdentities;
        if (computed && !_holdsContent[into.Stream.Id])
        {
            throw new InvalidDataException($"an event of stream '{into.Stream.Name}' does not hold what its identity was computed from");
        }

        into.WuId = reader.Int32();
        if (WithTexts || computed)
        {
            ReadTexts(ref reader, flags, into);
        }
        else
        {
            ReadSources(ref reader, flags, WantedSources, into);
        }

        UInt128 identity = ReadIdentity(ref reader, kind);
        if ((flags & EntryWriter.HasFacts) != 0)
        {
            ReadFactValues(ref reader, into);
        }

        into.Identity = new EventId(kind, computed ? _hasher.OfContent(into) : identity);
    }

    private static IdentityKind KindOf(byte flags) => (IdentityKind)((flags >> EntryWriter.IdentityShift) & 3);

    private static UInt128 ReadIdentity(ref ByteReader reader, IdentityKind kind) => kind switch
    {
        IdentityKind.Key => (UInt128)(uint)reader.Int32(),
        IdentityKind.Hash => reader.UInt128(),
        _ => 0,
    };

    /// <summary>Facts that a newer version appended are read past; those of this version are kept.</summary>
    private static void ReadFactValues(ref ByteReader reader, BusinessEvent into)
    {
        int known = into.Facts.Length;
        int facts = reader.Byte();
        for (int i = 0; i < facts; i++)
        {
            long value = reader.Signed();
            if (i < known)
            {
                into.SetFact(i, value);
            }
        }
    }

    /// <summary>Passes over the texts but for those that a breakdown is by, and reads the parent's id that stands among them.</summary>
    private static void ReadSources(ref ByteReader reader, byte flags, Sources wanted, BusinessEvent into)
    {
        EntryText.Skip(ref reader);
        ReadSource(ref reader, (flags & EntryWriter.HasParentType) != 0, (wanted & Sources.Parent) != 0, into, EventText.ParentTopicType);
        if ((flags & EntryWriter.HasParentId) != 0)
        {
            into.ParentTopicId = reader.Int32();
        }

        ReadSource(ref reader, (flags & EntryWriter.HasQrCode) != 0, (wanted & Sources.QrCode) != 0, into, EventText.QrCode);
        ReadSource(ref reader, (flags & EntryWriter.HasChannelType) != 0, (wanted & Sources.Channel) != 0, into, EventText.ChannelType);
        for (int own = OwnTexts(ref reader, flags); own > 0; own--)
        {
            EntryText.Skip(ref reader);
        }
    }

    private static void ReadSource(ref ByteReader reader, bool isThere, bool isWanted, BusinessEvent into, int text)
    {
        if (isThere && isWanted)
        {
            EntryText.Read(ref reader, into, text);
        }
        else if (isThere)
        {
            EntryText.Skip(ref reader);
        }
    }

    private static int OwnTexts(ref ByteReader reader, byte flags) =>
        (flags & EntryWriter.HasOwnTexts) != 0 ? reader.Length(BusinessEvent.MaxTexts - EventText.Own) : 0;

    private static void ReadTexts(ref ByteReader reader, byte flags, BusinessEvent into)
    {
        EntryText.Read(ref reader, into, EventText.SessionStr);
        if ((flags & EntryWriter.HasParentType) != 0)
        {
            EntryText.Read(ref reader, into, EventText.ParentTopicType);
        }

        if ((flags & EntryWriter.HasParentId) != 0)
        {
            into.ParentTopicId = reader.Int32();
        }

        if ((flags & EntryWriter.HasQrCode) != 0)
        {
            EntryText.Read(ref reader, into, EventText.QrCode);
        }

        if ((flags & EntryWriter.HasChannelType) != 0)
        {
            EntryText.Read(ref reader, into, EventText.ChannelType);
        }

        int own = OwnTexts(ref reader, flags);
        for (int i = 0; i < own; i++)
        {
            EntryText.Read(ref reader, into, EventText.Own + i);
        }
    }

}
