namespace DataLoad.Host.Hocon.Syntax;

/// <summary>An array as written.</summary>
internal sealed class SyntaxArray(HoconOrigin origin) : SyntaxNode(origin)
{
    /// <summary>The items in order.</summary>
    public List<SyntaxNode> Items { get; } = [];

    public override bool HasSubstitution => Items.Exists(static item => item.HasSubstitution);
}
