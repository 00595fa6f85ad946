namespace DataLoad.Host.Hocon.Resolving;

/// <summary>An object. <paramref name="fields"/> is not changed once it is handed over.</summary>
internal sealed class HoconObjectNode(HoconOrigin origin, OrderedDictionary<string, HoconNode> fields)
    : HoconNode(
        origin,
        1 + fields.Sum(static field => field.Key.Length + field.Value.Size),
        1 + fields.Values.Select(static value => value.Height).DefaultIfEmpty().Max())
{
    public OrderedDictionary<string, HoconNode> Fields { get; } = fields;

    public override string Describe() => "an object";

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
