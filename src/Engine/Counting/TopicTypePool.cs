using System.Text;

namespace DataLoad.Engine.Counting;

/// <summary>
/// Topic types as strings, one instance each, so that the few that are in use are not made anew for every event.
/// Bounded: when it is full it starts over. Not thread-safe.
/// </summary>
public sealed class TopicTypePool(int capacity = 4096)
{
    private readonly Dictionary<ulong, (byte[] Utf8, string Type)> _types = [];

    /// <summary>The topic of a type in UTF-8 and an id.</summary>
    public TopicKey Topic(ReadOnlySpan<byte> typeUtf8, int id)
    {
        ulong hash = TopicKey.HashOf(typeUtf8);
        if (_types.TryGetValue(hash, out (byte[] Utf8, string Type) known))
        {
            return typeUtf8.SequenceEqual(known.Utf8)
                ? new TopicKey(known.Type, id, hash)
                : new TopicKey(Encoding.UTF8.GetString(typeUtf8), id, hash);
        }

        if (_types.Count >= capacity)
        {
            _types.Clear();
        }

        string type = Encoding.UTF8.GetString(typeUtf8);
        _types.Add(hash, (typeUtf8.ToArray(), type));
        return new TopicKey(type, id, hash);
    }
}
