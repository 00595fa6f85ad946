using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Journaling;

/// <summary>Writes topic types as references: 0 and the text for a new one, else its number, 1 and up in order of appearance. Not thread-safe.</summary>
internal sealed class TopicTypeWriter
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private string? _lastType;
    private int _lastNumber;

    public void Clear()
    {
        _numbers.Clear();
        _lastType = null;
    }

    public void Write(ByteWriter writer, string type)
    {
        if (ReferenceEquals(type, _lastType) || _numbers.TryGetValue(type, out _lastNumber))
        {
            writer.Unsigned((ulong)_lastNumber);
        }
        else
        {
            _lastNumber = _numbers.Count + 1;
            _numbers.Add(type, _lastNumber);
            writer.Byte(0);
            writer.Text(type);
        }

        _lastType = type;
    }
}

/// <summary>Reads what <see cref="TopicTypeWriter"/> wrote. Not thread-safe.</summary>
internal sealed class TopicTypeReader
{
    private const int MaxTypeBytes = 256;

    private readonly TopicTypePool _pool = new();
    private readonly List<TopicKey> _types = [];

    public void Clear() => _types.Clear();

    /// <summary>Reads a type's reference and the id behind it.</summary>
    /// <exception cref="InvalidDataException">The bytes end, or the reference is to none.</exception>
    public TopicKey ReadTopic(ref ByteReader reader)
    {
        ulong number = reader.Unsigned();
        if (number == 0)
        {
            _types.Add(_pool.Topic(reader.Bytes(reader.Length(MaxTypeBytes)), 0));
            number = (ulong)_types.Count;
        }
        else if (number > (ulong)_types.Count)
        {
            throw new InvalidDataException($"topic type {number} was not introduced");
        }

        TopicKey type = _types[(int)number - 1];
        return new TopicKey(type.Type, reader.Int32(), type.TypeHash);
    }
}
