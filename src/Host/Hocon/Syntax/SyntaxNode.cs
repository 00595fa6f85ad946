namespace DataLoad.Host.Hocon.Syntax;

/// <summary>A value as written, before substitution, and where it begins.</summary>
internal abstract record SyntaxNode(HoconOrigin Origin)
{
    /// <summary>Whether a substitution occurs anywhere in the value.</summary>
    public abstract bool HasSubstitution { get; }
}

/// <summary>Text: a string, number, boolean or null, told apart only when it is read.</summary>
/// <param name="Origin">Where it begins.</param>
/// <param name="Text">The text, unescaped.</param>
/// <param name="IsQuoted">Whether any of it was in quotes, so that <c>"null"</c> is text and <c>null</c> is not.</param>
/// <param name="IsSeparator">Whether this is only the whitespace between two values, which disappears between objects or arrays.</param>
internal sealed record SyntaxScalar(HoconOrigin Origin, string Text, bool IsQuoted, bool IsSeparator = false) : SyntaxNode(Origin)
{
    public bool IsNull => !IsQuoted && Text is "null";

    public override bool HasSubstitution => false;
}

/// <summary>An array as written.</summary>
internal sealed record SyntaxArray(HoconOrigin Origin, List<SyntaxNode> Items) : SyntaxNode(Origin)
{
    public override bool HasSubstitution => Items.Exists(static item => item.HasSubstitution);
}

/// <summary>Several values side by side, with the whitespace between them, which become one string, array or object once they are known. Where this was
/// written <c>key += value</c>, the pieces are the key itself, optional, and an array.</summary>
internal sealed record SyntaxConcatenation(HoconOrigin Origin, IReadOnlyList<SyntaxNode> Pieces, bool IsAppend) : SyntaxNode(Origin)
{
    /// <summary>The values alone.</summary>
    public IEnumerable<SyntaxNode> Values => Pieces.Where(static piece => piece is not SyntaxScalar { IsSeparator: true });

    public override bool HasSubstitution => Pieces.Any(static piece => piece.HasSubstitution);
}

/// <summary><c>${path}</c> or <c>${?path}</c>.</summary>
/// <param name="Origin">Where it is written.</param>
/// <param name="Path">The path as written.</param>
/// <param name="IsOptional">Whether an undefined path leaves the value out instead of failing.</param>
/// <param name="Prefix">Where the file that contains it is included; the path is tried below it first.</param>
internal sealed record SyntaxSubstitution(HoconOrigin Origin, IReadOnlyList<string> Path, bool IsOptional, IReadOnlyList<string> Prefix) : SyntaxNode(Origin)
{
    public override bool HasSubstitution => true;

    /// <summary>What is found first of the path below the file's own place, and of the path as written.</summary>
    public T? Find<T>(Func<IReadOnlyList<string>, T?> find)
        where T : class => (Prefix.Count > 0 ? find([.. Prefix, .. Path]) : null) ?? find(Path);

    public override string ToString() => (IsOptional ? "${?" : "${") + HoconPath.Render(Path) + "}";
}

/// <summary>A key of an object, where it was first written, and all its definitions that may still matter, earliest first.</summary>
internal sealed record SyntaxField(HoconOrigin Origin)
{
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

/// <summary>An object as written; duplicate keys are merged as they are added.</summary>
internal sealed record SyntaxObject(HoconOrigin Origin) : SyntaxNode(Origin)
{
    /// <summary>The fields by key, in the order of first appearance.</summary>
    public OrderedDictionary<string, SyntaxField> Fields { get; } = new(StringComparer.Ordinal);

    public override bool HasSubstitution => Fields.Values.Any(static f => f.Definitions.Exists(static value => value.HasSubstitution));

    /// <summary>Adds a later definition of <paramref name="key"/>.</summary>
    public void Define(string key, HoconOrigin origin, SyntaxNode value)
    {
        if (!Fields.TryGetValue(key, out SyntaxField? field))
        {
            field = new SyntaxField(origin);
            Fields.Add(key, field);
        }

        field.Define(value);
    }

    /// <summary>Adds a later definition at a path of one or more keys.</summary>
    public void Define(IReadOnlyList<string> path, HoconOrigin origin, SyntaxNode value)
    {
        for (int i = path.Count - 1; i > 0; i--)
        {
            var parent = new SyntaxObject(origin);
            parent.Define(path[i], origin, value);
            value = parent;
        }

        Define(path[0], origin, value);
    }

    /// <summary>Merges a later object over this one. The later one must not be used afterwards: its parts are moved.</summary>
    public void Merge(SyntaxObject later)
    {
        foreach ((string key, SyntaxField field) in later.Fields)
        {
            foreach (SyntaxNode value in field.Definitions)
            {
                Define(key, field.Origin, value);
            }
        }
    }
}
