namespace DataLoad.Host.Hocon.Syntax;

/// <summary>A key of an object with all its definitions that may still matter, earliest first.</summary>
internal sealed class SyntaxField(HoconOrigin origin)
{
    /// <summary>Where the key was first written.</summary>
    public HoconOrigin Origin { get; } = origin;

    /// <summary>Later definitions override or merge with earlier ones once substitutions are known.</summary>
    public List<SyntaxNode> Definitions { get; } = [];

    /// <summary>Adds a later definition, merging at once what needs no substitution to merge.</summary>
    public void Define(SyntaxNode value)
    {
        SyntaxNode? last = Definitions.Count > 0 ? Definitions[^1] : null;
        switch (value)
        {
            case SyntaxObject later when last is SyntaxObject earlier:
                earlier.Merge(later);
                return;

            // Folding appends keeps a long list of += from nesting as deep as it is long.
            case SyntaxConcatenation { IsAppend: true } append
                when Tail(last) is { } items && append.Pieces[^1] is SyntaxArray { HasSubstitution: false } more:
                items.Items.AddRange(more.Items);
                return;

            // Nothing can look back past these.
            case SyntaxScalar or SyntaxArray { HasSubstitution: false }:
                Definitions.Clear();
                break;
        }

        Definitions.Add(value);
    }

    private static SyntaxArray? Tail(SyntaxNode? last) => last switch
    {
        SyntaxArray array => array,
        SyntaxConcatenation { IsAppend: true } append => append.Pieces[^1] as SyntaxArray,
        _ => null,
    };
}
