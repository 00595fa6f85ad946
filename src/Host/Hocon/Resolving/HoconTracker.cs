using System.Runtime.InteropServices;
using DataLoad.Host.Hocon.Syntax;

namespace DataLoad.Host.Hocon.Resolving;

/// <summary>Knows which values are being evaluated. A value met again while under way is a self-reference: the lookup then sees only the definitions
/// before it, and what comes out depends on where it was looked at from, so it is not remembered.</summary>
internal sealed class HoconTracker
{
    private readonly Dictionary<SyntaxNode, HoconEvaluation> _evaluations = new(ReferenceEqualityComparer.Instance);
    private readonly List<SyntaxNode> _stack = [];
    private int _generation;

    /// <summary>The lowest place on the stack that what is being evaluated has met again.</summary>
    private int _lowestMet = int.MaxValue;

    /// <summary>How often a lookup has met a value under way.</summary>
    public long SelfReferences { get; private set; }

    /// <summary>The substitutions of the last such circle.</summary>
    public string Cycle { get; private set; } = "";

    public HoconEvaluation Of(SyntaxNode node)
    {
        ref HoconEvaluation? evaluation = ref CollectionsMarshal.GetValueRefOrAddDefault(_evaluations, node, out _);
        return evaluation ??= new HoconEvaluation();
    }

    /// <summary>Puts <paramref name="node"/> under way, also when it is already, deeper.</summary>
    public Mark Begin(SyntaxNode node, HoconEvaluation evaluation)
    {
        var mark = new Mark(_stack.Count, _lowestMet, evaluation.Position, evaluation.Generation);
        _stack.Add(node);
        _lowestMet = int.MaxValue;
        evaluation.Position = mark.Position;
        evaluation.Generation = _generation;
        return mark;
    }

    /// <summary>Whether nothing under way before <paramref name="mark"/> was met again since.</summary>
    public bool IsIndependent(Mark mark) => _lowestMet >= mark.Position;

    /// <summary>Ends what <paramref name="mark"/> began.</summary>
    public void End(HoconEvaluation evaluation, Mark mark)
    {
        _lowestMet = IsIndependent(mark) ? mark.LowestMet : Math.Min(mark.LowestMet, _lowestMet);
        _stack.RemoveAt(mark.Position);
        evaluation.Position = mark.OuterPosition;
        evaluation.Generation = mark.OuterGeneration;
    }

    /// <summary>Goes into the fields of an object; pair with <see cref="Ascend"/>.</summary>
    public void Descend() => _generation++;

    public void Ascend() => _generation--;

    /// <summary>How many of <paramref name="layers"/> may be evaluated, those before the first one under way; or, where not just any counts, be
    /// searched for a key. Then a substitution whose own text is being followed is looked back from, while one that is under way only because an
    /// object it led to is being evaluated can be searched.</summary>
    public int CountBefore(IReadOnlyList<SyntaxNode> layers, bool isAny)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i] is SyntaxScalar
                || !_evaluations.TryGetValue(layers[i], out HoconEvaluation? evaluation)
                || evaluation.Position < 0
                || (!isAny && (layers[i] is SyntaxObject || evaluation.Generation != _generation)))
            {
                continue;
            }

            SelfReferences++;
            _lowestMet = Math.Min(_lowestMet, evaluation.Position);
            Cycle = Describe(evaluation.Position);
            return i;
        }

        return layers.Count;
    }

    private string Describe(int position)
    {
        const int Shown = 10;
        List<SyntaxSubstitution> circle = [.. _stack.Skip(position).OfType<SyntaxSubstitution>()];
        IEnumerable<string> steps = circle.Take(Shown).Select(static s => $"{s} ({s.Origin})");
        return circle.Count == 0 ? "" : string.Join(" -> ", steps) + (circle.Count > Shown ? " -> ..." : "") + " -> " + circle[0];
    }

    /// <summary>What was so before a value was put under way.</summary>
    internal readonly record struct Mark(int Position, int LowestMet, int OuterPosition, int OuterGeneration);
}

/// <summary>How far a written value has been evaluated.</summary>
internal sealed class HoconEvaluation
{
    /// <summary>Its place on the stack of evaluations under way, or -1.</summary>
    public int Position { get; set; } = -1;

    /// <summary>How many objects were being descended into when it began; meaningful while under way.</summary>
    public int Generation { get; set; }

    /// <summary>Whether <see cref="Result"/> holds wherever the value is looked at from.</summary>
    public bool IsKnown { get; set; }

    /// <summary>The result, null for undefined.</summary>
    public HoconNode? Result { get; set; }
}
