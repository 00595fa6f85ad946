namespace DataLoad.Host.Hocon.Resolving;

/// <summary>A text, or null.</summary>
/// <param name="origin">Where it was written.</param>
/// <param name="text">The text as written, without quotes.</param>
/// <param name="isNull">Whether this is the unquoted word null.</param>
internal sealed class HoconScalarNode(HoconOrigin origin, string text, bool isNull) : HoconNode(origin, 1 + text.Length, 1)
{
    public string Text { get; } = text;

    public bool IsNull { get; } = isNull;

    public override string Describe() => IsNull ? "null" : "a single value";
}
