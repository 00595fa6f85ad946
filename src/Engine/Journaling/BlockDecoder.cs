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

    /// <summary>Where the event's payload begins in the block: what <see cref="EntryDecoder.ReadFacts"/> takes.</summary>
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

    /// <summary>Opens a block that was read at a place of a Partition's journal, and checks its checksum and head.</summary>
    /// <exception cref="StoredFormatException">The block is damaged, of an unknown version, or of another place.</exception>
    public void Open(int partition, long sequenceNr, Block block)
    {
        try
        {
            ByteReader.CheckedBody(block.Bytes.Span);
            _body = block.Bytes[..^4];
            _head = BlockHead.Read(_body.Span);
        }
        catch (InvalidDataException e)
        {
            throw JournalFault.Damaged(partition, sequenceNr, e);
        }

        if (_head.Partition != partition || _head.SequenceNr != sequenceNr)
        {
            var found = new InvalidDataException($"its block is of Partition {_head.Partition} and SequenceNr {_head.SequenceNr}");
            throw JournalFault.Damaged(partition, sequenceNr, found);
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
