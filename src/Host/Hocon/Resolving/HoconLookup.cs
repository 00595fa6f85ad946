using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Resolving;

/// <summary>Finds the definitions of a path without evaluating the objects on the way, so that an object may refer to its own fields. Definitions are
/// layers, earliest first; only layers that are objects have fields.</summary>
internal sealed class HoconLookup(SyntaxObject root, HoconTracker tracker, HoconBudget budget, Func<string, bool> isVariable)
{
    /// <summary>The definitions of <paramref name="path"/>, at least one; null when there is none.</summary>
    public IReadOnlyList<SyntaxNode>? Find(IReadOnlyList<string> path, HoconOrigin origin)
    {
        budget.Enter(origin);
        List<SyntaxNode> layers = [root];
        for (int i = 0; i < path.Count && layers.Count > 0; i++)
        {
            var found = new List<SyntaxNode>();
            CollectReversed(layers, path[i], origin, found);
            found.Reverse();
            layers = found;
        }

        budget.Leave();
        return layers.Count > 0 ? layers : null;
    }

    /// <summary>Adds the definitions of <paramref name="key"/> in <paramref name="layers"/>, latest first.</summary>
    /// <returns>Whether layers before these can still matter; not so after one that is no object.</returns>
    private bool CollectReversed(IReadOnlyList<SyntaxNode> layers, string key, HoconOrigin origin, List<SyntaxNode> found)
    {
        budget.Spend(1 + layers.Count, origin);
        for (int i = tracker.CountBefore(layers, isAny: false) - 1; i >= 0; i--)
        {
            bool isOpen = layers[i] switch
            {
                SyntaxObject o => CollectFrom(o, key, origin, found),
                SyntaxSubstitution substitution => CollectThrough(substitution, key, found),
                SyntaxConcatenation concatenation => CollectThrough(concatenation, key, found),
                _ => false,
            };
            if (!isOpen)
            {
                return false;
            }
        }

        return true;
    }

    private bool CollectFrom(SyntaxObject o, string key, HoconOrigin origin, List<SyntaxNode> found)
    {
        if (o.Fields.TryGetValue(key, out SyntaxField? field))
        {
            budget.Spend(field.Definitions.Count, origin);
            found.AddRange(Enumerable.Reverse(field.Definitions));
        }

        return true;
    }

    // An environment variable is text, and hides what was before.
    private bool CollectThrough(SyntaxSubstitution substitution, string key, List<SyntaxNode> found) => UnderWay(substitution, () =>
        substitution.Find(path => Find(path, substitution.Origin)) is { } layers ? CollectReversed(layers, key, substitution.Origin, found)
            : !isVariable(string.Join('.', substitution.Path)));

    private bool CollectThrough(SyntaxConcatenation concatenation, string key, List<SyntaxNode> found) =>
        UnderWay(concatenation, () => CollectReversed([.. concatenation.Values], key, concatenation.Origin, found));

    private bool UnderWay(SyntaxNode node, Func<bool> collect)
    {
        budget.Enter(node.Origin);
        HoconEvaluation evaluation = tracker.Of(node);
        HoconTracker.Mark mark = tracker.Begin(node, evaluation);
        bool isOpen = collect();
        tracker.End(evaluation, mark);
        budget.Leave();
        return isOpen;
    }
}
