namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Several values side by side, which become one string, array or object once they are known.</summary>
internal sealed class SyntaxConcatenation(HoconOrigin origin, IReadOnlyList<SyntaxNode> pieces, bool isAppend) : SyntaxNode(origin)
{
    /// <summary>The values in order, with the whitespace between them.</summary>
    public IReadOnlyList<SyntaxNode> Pieces { get; } = pieces;

    /// <summary>Whether this was written <c>key += value</c>: the pieces are then the key itself, optional, and an array.</summary>
    public bool IsAppend { get; } = isAppend;

    public override bool HasSubstitution => Pieces.Any(static piece => piece.HasSubstitution);
}
