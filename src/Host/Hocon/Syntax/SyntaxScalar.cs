namespace DataLoad.Host.Hocon.Syntax;

/// <summary>Text: a string, number, boolean or null, told apart only when it is read.</summary>
internal sealed class SyntaxScalar(HoconOrigin origin, string text, bool isQuoted, bool isSeparator = false) : SyntaxNode(origin)
{
    /// <summary>The text, unescaped.</summary>
    public string Text { get; } = text;

    /// <summary>Whether any of it was in quotes, so that <c>"null"</c> is text and <c>null</c> is not.</summary>
    public bool IsQuoted { get; } = isQuoted;

    /// <summary>Whether this is only the whitespace between two values, which disappears between objects or arrays.</summary>
    public bool IsSeparator { get; } = isSeparator;

    public override bool HasSubstitution => false;
}
