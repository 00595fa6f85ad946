namespace DataLoad.Host.Hocon.Syntax;

/// <summary>An object as written; duplicate keys are merged as they are added.</summary>
internal sealed class SyntaxObject(HoconOrigin origin) : SyntaxNode(origin)
{
    /// <summary>The fields by key, in the order of first appearance.</summary>
    public OrderedDictionary<string, SyntaxField> Fields { get; } = new(StringComparer.Ordinal);

    public override bool HasSubstitution =>
        Fields.Values.Any(static f => f.Definitions.Exists(static value => value.HasSubstitution));

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
