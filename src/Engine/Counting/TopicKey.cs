using System.Text;

namespace DataLoad.Engine.Counting;

/// <summary>A Topic: the page or activity that events belong to. Its hash decides its Partition, and is stable across processes and versions.</summary>
public readonly record struct TopicKey
{
    /// <summary>The longest topic type, in characters (code points).</summary>
    public const int MaxTypeCharacters = 64;

    /// <summary>Makes a key and computes its hash.</summary>
    public TopicKey(string type, int id)
        : this(type, id, HashOf(type)) { }

    /// <summary>Makes a key from a type whose hash (<see cref="HashOf(string)"/>) is known already.</summary>
    public TopicKey(string type, int id, ulong typeHash)
    {
        Type = type;
        Id = id;
        TypeHash = typeHash;
        Hash = Mix(typeHash ^ ((ulong)(uint)id * 0x9E3779B97F4A7C15UL));
    }

    /// <summary>The topic's type, 1 to 64 characters.</summary>
    public string Type { get; }

    /// <summary>The topic's id, 0 and up.</summary>
    public int Id { get; }

    /// <summary>The stable hash of the type alone.</summary>
    public ulong TypeHash { get; }

    /// <summary>The stable hash over type and id.</summary>
    public ulong Hash { get; }

    /// <summary>The stable hash of a type: FNV-1a, 64 bits, over its UTF-8 bytes.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> utf8)
    {
        ulong hash = 0xCBF29CE484222325UL;
        foreach (byte b in utf8)
        {
            hash = (hash ^ b) * 0x100000001B3UL;
        }

        return hash;
    }

    /// <summary>The stable hash of a type.</summary>
    public static ulong HashOf(string type)
    {
        Span<byte> utf8 = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(type, utf8, out int length) ? HashOf(utf8[..length]) : HashOf(Encoding.UTF8.GetBytes(type));
    }

    /// <summary>The Partition of the topic among that many.</summary>
    public int ShardOf(int shards) => (int)(((Hash >> 32) * (ulong)shards) >> 32);

    /// <inheritdoc/>
    public bool Equals(TopicKey other) => Hash == other.Hash && Id == other.Id && string.Equals(Type, other.Type, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => (int)Hash;

    /// <inheritdoc/>
    public override string ToString() => $"{Type}/{Id}";

    // The finalizer of SplitMix64: spreads every input bit over the whole word.
    private static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}

/// <summary>Topic types as strings, one instance each, so that none is made anew for every event. Starts over when it is full. Not thread-safe.</summary>
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
                ? new TopicKey(known.Type, id, hash) : new TopicKey(Encoding.UTF8.GetString(typeUtf8), id, hash);
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
