namespace DataLoad.Host.Hocon.Syntax;

/// <summary><c>${path}</c> or <c>${?path}</c>.</summary>
/// <param name="origin">Where it is written.</param>
/// <param name="path">The path as written.</param>
/// <param name="isOptional">Whether an undefined path leaves the value out instead of failing.</param>
/// <param name="prefix">Where the file that contains it is included; the path is tried below it first.</param>
internal sealed class SyntaxSubstitution(
    HoconOrigin origin,
    IReadOnlyList<string> path,
    bool isOptional,
    IReadOnlyList<string> prefix) : SyntaxNode(origin)
{
    public IReadOnlyList<string> Path { get; } = path;

    public bool IsOptional { get; } = isOptional;

    public IReadOnlyList<string> Prefix { get; } = prefix;

    public override bool HasSubstitution => true;

    public override string ToString() => (IsOptional ? "${?" : "${") + HoconPath.Render(Path) + "}";
}
