namespace DataLoad.Engine.Decoding;

/// <summary>
/// Remembers what the last few pairs of content type and encoding mean. A stream's publishers use one or two, while
/// each delivery brings them as strings of its own, so that they are compared by their text. Not for two threads.
/// </summary>
internal sealed class ContentTypeCache
{
    private const int Capacity = 8;
    private readonly Entry[] _entries = new Entry[Capacity];
    private int _count;
    private int _next;
    private int _last;

    private readonly record struct Entry(string? Type, string? Encoding, ContentKind Kind)
    {
        public bool Is(string? type, string? encoding) =>
            string.Equals(Type, type, StringComparison.Ordinal) && string.Equals(Encoding, encoding, StringComparison.Ordinal);
    }

    /// <summary>What <see cref="MediaType.Classify"/> says of the pair.</summary>
    public ContentKind KindOf(string? type, string? encoding)
    {
        if (_last < _count && _entries[_last].Is(type, encoding))
        {
            return _entries[_last].Kind;
        }

        for (int i = 0; i < _count; i++)
        {
            if (_entries[i].Is(type, encoding))
            {
                _last = i;
                return _entries[i].Kind;
            }
        }

        return Add(type, encoding);
    }

    private ContentKind Add(string? type, string? encoding)
    {
        ContentKind kind = MediaType.Classify(type, encoding, out _);
        if (kind == ContentKind.Refused)
        {
            // Refusals are not remembered: a publisher of garbage types would push out the good ones.
            return kind;
        }

        _entries[_next] = new Entry(type, encoding, kind);
        _last = _next;
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
        return kind;
    }
}

/// <summary>What a message's content type says its body is.</summary>
internal enum ContentKind : byte
{
    /// <summary>Nothing that is read.</summary>
    Refused = 0,

    /// <summary>JSON.</summary>
    Json = 1,

    /// <summary>Text: JSON, or a bare key as it may be typed (<c>+33</c>, <c>007</c>).</summary>
    Text = 2,

    /// <summary>A serialized Java object.</summary>
    Java = 3,

    /// <summary>It says nothing: the bytes decide between <see cref="Java"/> and <see cref="Text"/>.</summary>
    Undeclared = 4,
}
