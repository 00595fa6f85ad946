using System.Diagnostics;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Resolving;

/// <summary>Turns a merged configuration as written into values, following substitutions. A substitution sees the final value of its path, except
/// inside a definition of that very path, where it sees the definitions before it.</summary>
internal sealed class HoconResolver
{
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly HoconBudget _budget;
    private readonly HoconTracker _tracker = new();
    private readonly HoconLookup _lookup;

    private HoconResolver(SyntaxObject root, IReadOnlyDictionary<string, string> environment, HoconLimits limits)
    {
        _environment = environment;
        _budget = new HoconBudget(limits);
        _lookup = new HoconLookup(root, _tracker, _budget, name => environment.ContainsKey(name));
    }

    /// <summary>Resolves the configuration <paramref name="root"/>.</summary>
    /// <exception cref="HoconException">An undefined or circular substitution, a mixed concatenation, a limit.</exception>
    public static HoconObjectNode Resolve(SyntaxObject root, IReadOnlyDictionary<string, string> environment, HoconLimits limits) =>
        (HoconObjectNode)new HoconResolver(root, environment, limits).Evaluate(root)!;

    /// <summary>The value of definitions layered one over the other, earliest first; null when undefined.</summary>
    private HoconNode? EvaluateLayers(IReadOnlyList<SyntaxNode> layers)
    {
        HoconObjectNode? merged = null;
        for (int i = _tracker.CountBefore(layers, isAny: true) - 1; i >= 0; i--)
        {
            switch (Evaluate(layers[i]))
            {
                case null:
                    break;
                case HoconObjectNode below:
                    merged = merged is null ? below : Merge(below, merged);
                    break;
                case { } value:
                    return merged ?? value;
            }
        }

        return merged;
    }

    private HoconNode? Evaluate(SyntaxNode node)
    {
        if (node is SyntaxScalar scalar)
        {
            _budget.Spend(1, node.Origin);
            return _budget.Check(new HoconScalarNode(scalar.Origin, scalar.Text, scalar.IsNull));
        }

        HoconEvaluation evaluation = _tracker.Of(node);
        if (evaluation.IsKnown)
        {
            return evaluation.Result;
        }

        _budget.Spend(1, node.Origin);
        _budget.Enter(node.Origin);
        HoconTracker.Mark mark = _tracker.Begin(node, evaluation);
        HoconNode? result = node switch
        {
            SyntaxObject o => EvaluateObject(o),
            SyntaxArray array => new HoconArrayNode(array.Origin, [.. array.Items.Select(Evaluate).OfType<HoconNode>()]),
            SyntaxSubstitution substitution => EvaluateSubstitution(substitution),
            SyntaxConcatenation concatenation => EvaluateConcatenation(concatenation),
            _ => throw new UnreachableException("No such syntax: " + node.GetType()),
        };
        if (result is not null)
        {
            _budget.Check(result);
        }

        if (_tracker.IsIndependent(mark))
        {
            evaluation.IsKnown = true;
            evaluation.Result = result;
        }

        _tracker.End(evaluation, mark);
        _budget.Leave();
        return result;
    }

    private HoconObjectNode EvaluateObject(SyntaxObject o)
    {
        var fields = new OrderedDictionary<string, HoconNode>(StringComparer.Ordinal);
        _tracker.Descend();
        foreach ((string key, SyntaxField field) in o.Fields)
        {
            if (EvaluateLayers(field.Definitions) is { } value)
            {
                fields.Add(key, value);
            }
        }

        _tracker.Ascend();
        return new HoconObjectNode(o.Origin, fields);
    }

    private HoconNode? EvaluateSubstitution(SyntaxSubstitution substitution)
    {
        long before = _tracker.SelfReferences;
        if (substitution.Find(path => EvaluateLayers(_lookup.Find(path, substitution.Origin) ?? [])) is { } value)
        {
            return value;
        }

        string variable = string.Join('.', substitution.Path);
        if (_environment.TryGetValue(variable, out string? text))
        {
            return new HoconScalarNode(HoconOrigin.Environment(variable), text);
        }

        if (substitution.IsOptional)
        {
            return null;
        }

        throw _tracker.SelfReferences != before
            ? new HoconException(substitution.Origin, "substitution cycle: " + _tracker.Cycle)
            : new HoconException(substitution.Origin, $"{substitution} is not defined, neither in the configuration nor as environment variable "
                + $"{HoconToken.Shorten(variable)} (write ${{?{HoconPath.Render(substitution.Path)}}} if it may be left out)");
    }

    private HoconNode? EvaluateConcatenation(SyntaxConcatenation concatenation)
    {
        var values = new List<HoconNode>(concatenation.Pieces.Count);
        var solid = new List<HoconNode>(concatenation.Pieces.Count);
        foreach (SyntaxNode piece in concatenation.Pieces)
        {
            if (Evaluate(piece) is { } value)
            {
                values.Add(value);
                if (piece is not SyntaxScalar { IsSeparator: true })
                {
                    solid.Add(value);
                }
            }
        }

        return solid.FirstOrDefault() switch
        {
            null => null,
            HoconObjectNode => Structures<HoconObjectNode>(concatenation, solid).Aggregate(Merge),
            HoconArrayNode => Join(concatenation, Structures<HoconArrayNode>(concatenation, solid)),
            _ => Text(concatenation, values),
        };
    }

    /// <summary>The objects or arrays <paramref name="values"/>, which must all be such.</summary>
    private static IEnumerable<T> Structures<T>(SyntaxConcatenation concatenation, List<HoconNode> values)
        where T : HoconNode =>
        values.Find(static value => value is not T) is { } other ? throw Mixed(concatenation, values[0], other) : values.Cast<T>();

    private static HoconException Mixed(SyntaxConcatenation concatenation, HoconNode one, HoconNode other) =>
        new(concatenation.Origin, $"{one.Describe()} and {other.Describe()} stand side by side and cannot be joined (a comma or new line missing?)");

    private HoconArrayNode Join(SyntaxConcatenation concatenation, IEnumerable<HoconArrayNode> arrays)
    {
        var items = new List<HoconNode>();
        foreach (HoconArrayNode array in arrays)
        {
            _budget.SpendCopy(array.Size, concatenation.Origin);
            items.AddRange(array.Items);
        }

        return new HoconArrayNode(concatenation.Origin, items);
    }

    private HoconScalarNode Text(SyntaxConcatenation concatenation, List<HoconNode> values)
    {
        var text = new StringBuilder();
        foreach (HoconNode value in values)
        {
            if (value is not HoconScalarNode scalar)
            {
                throw Mixed(concatenation, values[0], value);
            }

            _budget.SpendCopy(scalar.Size, concatenation.Origin);
            text.Append(scalar.Text);
        }

        // A value left alone by undefined neighbours keeps its kind and its origin.
        return values is [HoconScalarNode alone] ? alone : new HoconScalarNode(concatenation.Origin, text.ToString());
    }

    private HoconObjectNode Merge(HoconObjectNode earlier, HoconObjectNode later)
    {
        _budget.SpendCopy(earlier.Size + later.Size, later.Origin);
        return _budget.Check(earlier.MergedWith(later));
    }
}
