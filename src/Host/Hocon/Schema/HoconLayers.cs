namespace DataLoad.Host.Hocon.Schema;

/// <summary>What the reference and each override file set, before they were merged.</summary>
/// <param name="Reference">What the reference sets.</param>
/// <param name="Overrides">What each file sets.</param>
/// <param name="Referenced">The top-level keys that the files' substitutions name.</param>
internal sealed record HoconLayers(HoconShape Reference, IReadOnlyList<HoconShape> Overrides, IReadOnlySet<string> Referenced);
