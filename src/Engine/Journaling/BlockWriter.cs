using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Writes a block of entries, version 1: the version, a byte; shard, first SequenceNr, time of journaling; the
/// entries; a CRC-32C over all of it. An entry's head is the stream's number, its topic's type as a reference to an
/// earlier one in the block (0 and the text for a new one), the topic's id, and time and day as differences from the
/// entry before; <see cref="EntryWriter"/> writes the rest. Not thread-safe.
/// </summary>
internal sealed class BlockWriter
{
    public const byte Version = 1;

    private readonly ByteWriter _bytes = new(4096);
    private readonly Dictionary<string, int> _types = new(StringComparer.Ordinal);
    private long _lastTimeMs;
    private int _lastDay;
    private string? _lastType;
    private int _lastTypeNumber;

    public int Count { get; private set; }

    public int Length => _bytes.Length;

    public long FirstSequenceNr { get; private set; }

    public long LastSequenceNr => FirstSequenceNr + Count - 1;

    public long JournaledAtMs { get; private set; }

    /// <summary>Forgets what was written.</summary>
    public void Clear()
    {
        _bytes.Clear();
        _types.Clear();
        _lastType = null;
        _lastDay = 0;
        Count = 0;
    }

    /// <summary>Starts a block; what was written before is gone.</summary>
    public void Start(int shard, long firstSequenceNr, long journaledAtMs)
    {
        Clear();
        _lastTimeMs = journaledAtMs;
        FirstSequenceNr = firstSequenceNr;
        JournaledAtMs = journaledAtMs;
        _bytes.Byte(Version);
        _bytes.Unsigned((ulong)shard);
        _bytes.Unsigned((ulong)firstSequenceNr);
        _bytes.Unsigned((ulong)journaledAtMs);
    }

    /// <summary>Adds an entry whose payload is encoded already.</summary>
    public void Add(byte streamId, in TopicKey topic, long timeMs, int day, ReadOnlySpan<byte> payload)
    {
        _bytes.Byte(streamId);
        WriteType(topic.Type);
        _bytes.Unsigned((ulong)topic.Id);
        _bytes.Signed(timeMs - _lastTimeMs);
        _bytes.Signed(day - _lastDay);
        _bytes.Bytes(payload);
        _lastTimeMs = timeMs;
        _lastDay = day;
        Count++;
    }

    /// <summary>Ends the block and gives its bytes, valid until the next start.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        _bytes.Checksum();
        return _bytes.WrittenMemory;
    }

    private void WriteType(string type)
    {
        if (ReferenceEquals(type, _lastType))
        {
            _bytes.Unsigned((ulong)_lastTypeNumber);
            return;
        }

        if (_types.TryGetValue(type, out int number))
        {
            _bytes.Unsigned((ulong)number);
        }
        else
        {
            number = _types.Count + 1;
            _types.Add(type, number);
            _bytes.Byte(0);
            _bytes.Text(type);
        }

        _lastType = type;
        _lastTypeNumber = number;
    }
}
