namespace DataLoad.Host.Hocon.Syntax;

/// <summary>A value as written, before substitution.</summary>
internal abstract class SyntaxNode(HoconOrigin origin)
{
    /// <summary>Where the value begins.</summary>
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Whether a substitution occurs anywhere in the value.</summary>
    public abstract bool HasSubstitution { get; }
}
