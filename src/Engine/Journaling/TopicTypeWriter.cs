using DataLoad.Engine.Binary;

namespace DataLoad.Engine.Journaling;

/// <summary>
/// Writes topic types as references: 0 and the text for one that is new, else its number, counted from 1 in the order of
/// their first appearance. Not thread-safe.
/// </summary>
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
        if (ReferenceEquals(type, _lastType))
        {
            writer.Unsigned((ulong)_lastNumber);
            return;
        }

        if (_numbers.TryGetValue(type, out int number))
        {
            writer.Unsigned((ulong)number);
        }
        else
        {
            number = _numbers.Count + 1;
            _numbers.Add(type, number);
            writer.Byte(0);
            writer.Text(type);
        }

        _lastType = type;
        _lastNumber = number;
    }
}
