using DataLoad.Host.Hocon.Resolving;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Schema;

/// <summary>Which keys a configuration sets, where, and to what kind of value. Nesting is bounded by the parser.</summary>
internal sealed class HoconShape(HoconOrigin origin)
{
    /// <summary>Where the key was first written.</summary>
    public HoconOrigin Origin { get; } = origin;

    public HoconShapeKind Kind { get; private set; }

    /// <summary>Whether a substitution may add keys that are not listed.</summary>
    public bool IsOpen { get; private set; }

    public OrderedDictionary<string, HoconShape> Fields { get; } = new(StringComparer.Ordinal);

    public static HoconShape Of(SyntaxObject root)
    {
        var shape = new HoconShape(root.Origin);
        shape.Add(root);
        return shape;
    }

    public static HoconShape Of(HoconNode node)
    {
        var shape = new HoconShape(node.Origin);
        switch (node)
        {
            case HoconObjectNode o:
                shape.Kind = HoconShapeKind.Object;
                foreach ((string key, HoconNode value) in o.Fields)
                {
                    shape.Fields.Add(key, Of(value));
                }

                break;
            case HoconArrayNode: shape.Kind = HoconShapeKind.Array; break;
            case HoconScalarNode { IsNull: false }: shape.Kind = HoconShapeKind.Scalar; break;
        }

        return shape;
    }

    /// <summary>The shape at <paramref name="path"/> below this one, or null.</summary>
    public HoconShape? Find(IReadOnlyList<string> path) => path.Aggregate((HoconShape?)this, static (shape, key) => shape?.Fields.GetValueOrDefault(key));

    /// <summary>A shape that allows what either allows.</summary>
    public static HoconShape? Union(HoconShape? one, HoconShape? other)
    {
        if (one is null || other is null || one.Kind != HoconShapeKind.Object || other.Kind != HoconShapeKind.Object)
        {
            return one ?? other;
        }

        var union = new HoconShape(one.Origin) { Kind = HoconShapeKind.Object, IsOpen = one.IsOpen || other.IsOpen };
        foreach (string key in one.Fields.Keys.Union(other.Fields.Keys, StringComparer.Ordinal))
        {
            union.Fields.Add(key, Union(one.Fields.GetValueOrDefault(key), other.Fields.GetValueOrDefault(key))!);
        }

        return union;
    }

    private void Add(SyntaxNode node)
    {
        switch (node)
        {
            case SyntaxObject o:
                Kind = HoconShapeKind.Object;
                foreach ((string key, SyntaxField field) in o.Fields)
                {
                    if (!Fields.TryGetValue(key, out HoconShape? shape))
                    {
                        shape = new HoconShape(field.Origin);
                        Fields.Add(key, shape);
                    }

                    field.Definitions.ForEach(shape.Add);
                }

                break;
            case SyntaxArray: Kind = HoconShapeKind.Array; break;
            case SyntaxScalar { IsNull: false }: Kind = HoconShapeKind.Scalar; break;
            case SyntaxSubstitution: IsOpen = true; break;
            case SyntaxConcatenation concatenation: concatenation.Values.ToList().ForEach(Add); break;
        }
    }
}

/// <summary>What kind of value stands at a path.</summary>
internal enum HoconShapeKind
{
    /// <summary>Null, or known only after substitution: fits every other.</summary>
    Any,
    Scalar, Array, Object,
}

/// <summary>The top-level keys that substitutions name. A file may define values of its own there to use several times; one that nothing uses is a
/// mistake, such as a misspelt name of the program's own section.</summary>
internal static class HoconReferences
{
    /// <summary>Adds the keys that a file's substitutions name. Nesting is bounded by the parser.</summary>
    public static void Collect(SyntaxNode node, ISet<string> keys)
    {
        switch (node)
        {
            case SyntaxObject o:
                foreach (SyntaxNode definition in o.Fields.Values.SelectMany(static field => field.Definitions))
                {
                    Collect(definition, keys);
                }

                break;
            case SyntaxArray array: array.Items.ForEach(item => Collect(item, keys)); break;
            case SyntaxConcatenation concatenation:
                // The first piece of key += value is the key itself, which is no use of it.
                foreach (SyntaxNode piece in concatenation.Pieces.Skip(concatenation.IsAppend ? 1 : 0))
                {
                    Collect(piece, keys);
                }

                break;
            case SyntaxSubstitution substitution: keys.Add(substitution.Path[0]); break;
        }
    }
}
