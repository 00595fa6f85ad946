namespace DataLoad.Host.Hocon.Resolving;

/// <summary>A value after substitution. Immutable, and shared wherever a substitution repeats it.</summary>
internal abstract class HoconNode(HoconOrigin origin, long size, int height)
{
    /// <summary>Where the value was written, or the environment variable it came from.</summary>
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Values and characters in the whole tree below, counted as often as they are repeated.</summary>
    public long Size { get; } = size;

    /// <summary>Levels of the tree from here; 1 for a scalar.</summary>
    public int Height { get; } = height;

    /// <summary>What this is, for messages: a value, an array or an object.</summary>
    public string Describe() => this switch
    {
        HoconObjectNode => "an object",
        HoconArrayNode => "an array",
        HoconScalarNode { IsNull: true } => "null",
        _ => "a single value",
    };
}

/// <summary>A text as written, without quotes, or the unquoted word null.</summary>
internal sealed class HoconScalarNode(HoconOrigin origin, string text, bool isNull = false) : HoconNode(origin, 1 + text.Length, 1)
{
    public string Text { get; } = text;

    public bool IsNull { get; } = isNull;
}

/// <summary>An array.</summary>
internal sealed class HoconArrayNode(HoconOrigin origin, IReadOnlyList<HoconNode> items)
    : HoconNode(origin, 1 + items.Sum(static item => item.Size), 1 + items.Select(static item => item.Height).DefaultIfEmpty().Max())
{
    public IReadOnlyList<HoconNode> Items { get; } = items;
}

/// <summary>An object. <paramref name="fields"/> is not changed once it is handed over.</summary>
internal sealed class HoconObjectNode(HoconOrigin origin, OrderedDictionary<string, HoconNode> fields)
    : HoconNode(
        origin,
        1 + fields.Sum(static field => field.Key.Length + field.Value.Size),
        1 + fields.Values.Select(static value => value.Height).DefaultIfEmpty().Max())
{
    public OrderedDictionary<string, HoconNode> Fields { get; } = fields;

    /// <summary>This object with <paramref name="later"/> merged over it, recursively. Heights bound the recursion.</summary>
    public HoconObjectNode MergedWith(HoconObjectNode later)
    {
        var fields = new OrderedDictionary<string, HoconNode>(Fields, StringComparer.Ordinal);
        foreach ((string key, HoconNode value) in later.Fields)
        {
            fields[key] = value is HoconObjectNode over && fields.TryGetValue(key, out HoconNode? below) && below is HoconObjectNode under
                ? under.MergedWith(over)
                : value;
        }

        return new HoconObjectNode(later.Origin, fields);
    }
}
