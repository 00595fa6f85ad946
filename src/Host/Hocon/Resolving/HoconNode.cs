namespace DataLoad.Host.Hocon.Resolving;

/// <summary>A value after substitution. Immutable, and shared wherever a substitution repeats it.</summary>
/// <param name="Origin">Where the value was written, or the environment variable it came from.</param>
/// <param name="Size">Values and characters in the whole tree below, counted as often as they are repeated.</param>
/// <param name="Height">Levels of the tree from here; 1 for a scalar.</param>
internal abstract record HoconNode(HoconOrigin Origin, long Size, int Height)
{
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
internal sealed record HoconScalarNode(HoconOrigin Origin, string Text, bool IsNull = false) : HoconNode(Origin, 1 + Text.Length, 1);

/// <summary>An array.</summary>
internal sealed record HoconArrayNode(HoconOrigin Origin, IReadOnlyList<HoconNode> Items)
    : HoconNode(Origin, 1 + Items.Sum(static item => item.Size), 1 + Items.Select(static item => item.Height).DefaultIfEmpty().Max());

/// <summary>An object. Its fields are not changed once they are handed over.</summary>
internal sealed record HoconObjectNode(HoconOrigin Origin, OrderedDictionary<string, HoconNode> Fields)
    : HoconNode(Origin, 1 + Fields.Sum(static field => field.Key.Length + field.Value.Size),
        1 + Fields.Values.Select(static value => value.Height).DefaultIfEmpty().Max())
{
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
