using DataLoad.Engine.Binary;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Reads the entries of blocks, one event at a time into the same object. Not thread-safe; open a block, then call
/// <see cref="Next"/> until it is false.
/// </summary>
public sealed class BlockReader(Catalog catalog)
{
    private const int MaxTypeBytes = 256;

    private readonly TopicTypePool _pool = new();
    private readonly IdentityHasher _hasher = new();
    private readonly List<TopicKey> _types = [];
    private readonly bool[] _holdsContent = [.. Enumerable.Range(0, 256).Select(id => catalog.StreamById((byte)id) is { } stream && IdentityHasher.EventHoldsContent(stream))];
    private byte[] _scratch = new byte[256];
    private JournalBlock _block = null!;
    private ReadOnlyMemory<byte> _body;
    private int _position;
    private long _lastTimeMs;
    private int _lastDay;

    /// <summary>The event that <see cref="Next"/> read; the same object each time.</summary>
    public BusinessEvent Event { get; } = new();

    /// <summary>The event's SequenceNr.</summary>
    public long SequenceNr { get; private set; }

    /// <summary>When the block was journaled, in epoch milliseconds.</summary>
    public long JournaledAtMs => _block.JournaledAtMs;

    /// <summary>Whether the texts are wanted; where not they are passed over, unless an identity needs them.</summary>
    public bool WithTexts { get; set; }

    /// <summary>Whether identities are wanted; where not, those that would have to be computed are left out.</summary>
    public bool WithIdentities { get; set; } = true;

    /// <summary>Opens a block and checks its checksum and head.</summary>
    /// <exception cref="StoredFormatException">The block is damaged, of an unknown version, or of another place.</exception>
    public void Open(JournalBlock block)
    {
        _block = block;
        _types.Clear();
        try
        {
            ByteReader.CheckedBody(block.Bytes.Span);
            _body = block.Bytes[..^4];
            var reader = new ByteReader(_body.Span);
            byte version = reader.Byte();
            if (version != BlockWriter.Version)
            {
                throw new InvalidDataException($"version {version} is not known to this program, which reads {BlockWriter.Version}");
            }

            int shard = reader.Int32();
            long first = (long)reader.Unsigned();
            _lastTimeMs = (long)reader.Unsigned();
            if (shard != block.Shard || first != block.FirstSequenceNr || _lastTimeMs != block.JournaledAtMs)
            {
                throw new InvalidDataException($"it is of shard {shard} from SequenceNr {first} on, journaled at {_lastTimeMs} ms");
            }

            _position = reader.Position;
            _lastDay = 0;
            SequenceNr = first - 1;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
    }

    /// <summary>Reads the next event.</summary>
    /// <returns>False at the block's end.</returns>
    /// <exception cref="StoredFormatException">The block is damaged.</exception>
    public bool Next()
    {
        try
        {
            if (_position == _body.Length)
            {
                return SequenceNr == _block.LastSequenceNr
                    ? false
                    : throw new InvalidDataException($"it ends at SequenceNr {SequenceNr}");
            }

            var reader = new ByteReader(_body.Span[_position..]);
            ReadEntry(ref reader);
            _position += reader.Position;
            SequenceNr++;
            return true;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }
    }

    private void ReadEntry(ref ByteReader reader)
    {
        byte streamId = reader.Byte();
        StreamDefinition stream = catalog.StreamById(streamId)
            ?? throw new InvalidDataException($"stream number {streamId} is not in this program's catalog");
        Event.Reset(stream);
        ulong type = reader.Unsigned();
        TopicKey known;
        if (type == 0)
        {
            known = _pool.Topic(reader.Bytes(reader.Length(MaxTypeBytes)), 0);
            _types.Add(known);
        }
        else
        {
            known = type <= (ulong)_types.Count ? _types[(int)type - 1] : throw new InvalidDataException($"topic type {type} was not introduced");
        }

        Event.Topic = new TopicKey(known.Type, reader.Int32(), known.TypeHash);
        Event.TimeMs = _lastTimeMs += reader.Signed();
        Event.Day = _lastDay += (int)reader.Signed();
        if ((uint)Event.Day > (uint)DateOnly.MaxValue.DayNumber)
        {
            throw new InvalidDataException($"day number {Event.Day} is not a date");
        }

        ReadPayload(ref reader, stream);
    }

    private void ReadPayload(ref ByteReader reader, StreamDefinition stream)
    {
        byte flags = reader.Byte();
        var kind = (IdentityKind)((flags >> EntryWriter.IdentityShift) & 3);
        bool computed = kind == IdentityKind.Content && WithIdentities;
        if (computed && !_holdsContent[stream.Id])
        {
            throw new InvalidDataException($"an event of stream '{stream.Name}' does not hold what its identity was computed from");
        }

        bool texts = WithTexts || computed;
        Event.WuId = reader.Int32();
        Text(ref reader, EventText.SessionStr, texts);
        if ((flags & EntryWriter.HasParentType) != 0)
        {
            Text(ref reader, EventText.ParentTopicType, texts);
        }

        if ((flags & EntryWriter.HasParentId) != 0)
        {
            Event.ParentTopicId = reader.Int32();
        }

        if ((flags & EntryWriter.HasQrCode) != 0)
        {
            Text(ref reader, EventText.QrCode, texts);
        }

        if ((flags & EntryWriter.HasChannelType) != 0)
        {
            Text(ref reader, EventText.ChannelType, texts);
        }

        if ((flags & EntryWriter.HasOwnTexts) != 0)
        {
            int own = reader.Length(BusinessEvent.MaxTexts - EventText.Own);
            for (int i = 0; i < own; i++)
            {
                Text(ref reader, EventText.Own + i, texts);
            }
        }

        UInt128 identity = kind switch
        {
            IdentityKind.Key => (UInt128)(uint)reader.Int32(),
            IdentityKind.Hash => reader.UInt128(),
            _ => 0,
        };
        if ((flags & EntryWriter.HasFacts) != 0)
        {
            // Facts that a newer version appended are read past; those of this version are kept.
            int facts = reader.Byte();
            for (int i = 0; i < facts; i++)
            {
                long value = reader.Signed();
                if (i < stream.Facts.Length)
                {
                    Event.SetFact(i, value);
                }
            }
        }

        Event.Identity = computed
            ? new EventId(kind, _hasher.OfContent(Event))
            : new EventId(kind, identity);
    }

    private void Text(ref ByteReader reader, int text, bool wanted)
    {
        if (wanted)
        {
            Event.SetText(text, EntryText.Read(ref reader, ref _scratch));
        }
        else
        {
            EntryText.Skip(ref reader);
        }
    }

    private StoredFormatException Damaged(InvalidDataException e) => new(
        $"The journal of shard {_block.Shard} is damaged in the block of SequenceNr {_block.FirstSequenceNr} to {_block.LastSequenceNr}: {e.Message}. Restore the store from a backup, or run 'dataload verify' to see what else is touched.",
        e);
}
