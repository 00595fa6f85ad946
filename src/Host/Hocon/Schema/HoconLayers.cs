namespace DataLoad.Host.Hocon.Schema;

/// <summary>What the reference and each override file set, before they were merged.</summary>
internal sealed record HoconLayers(HoconShape Reference, IReadOnlyList<HoconShape> Overrides);
