namespace DataLoad.Host.Hocon.Resolving;

/// <summary>An array.</summary>
internal sealed class HoconArrayNode(HoconOrigin origin, IReadOnlyList<HoconNode> items)
    : HoconNode(origin, 1 + items.Sum(static item => item.Size), 1 + items.Select(static item => item.Height).DefaultIfEmpty().Max())
{
    public IReadOnlyList<HoconNode> Items { get; } = items;

    public override string Describe() => "an array";
}
