using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Counting;

/// <summary>The catalog's contributions, compiled: per stream, which place of a Counter each adds to.</summary>
public sealed class CountingPlan
{
    private readonly Step[]?[] _stepsByStream = new Step[]?[256];

    /// <summary>Compiles a catalog.</summary>
    public CountingPlan(Catalog catalog)
    {
        Catalog = catalog;
        foreach (StreamDefinition stream in catalog.Streams)
        {
            Page page = catalog.PageNamed(stream.Page);
            _stepsByStream[stream.Id] = [.. stream.Contributions.Select(contribution => new Step(
                contribution.Kind,
                page.IndexOf(contribution.Column),
                contribution.Fact is null ? -1 : stream.FactIndex(contribution.Fact),
                contribution.When is null ? -1 : stream.FactIndex(contribution.When.Fact),
                contribution.When?.Value ?? 0))];
            PageByStream[stream.Id] = page;
        }
    }

    /// <summary>The catalog that was compiled.</summary>
    public Catalog Catalog { get; }

    /// <summary>The page of each stream, by the stream's number.</summary>
    public Page[] PageByStream { get; } = new Page[256];

    /// <summary>Adds an event to a Counter of its page, topic and day.</summary>
    /// <exception cref="OverflowException">A sum would pass 64 bits.</exception>
    internal void Apply(BusinessEvent @event, Counter counter)
    {
        ReadOnlySpan<long> facts = @event.Facts;
        foreach (ref readonly Step step in _stepsByStream[@event.Stream.Id].AsSpan())
        {
            if (step.ConditionFact >= 0 && facts[step.ConditionFact] != step.ConditionValue)
            {
                continue;
            }

            switch (step.Kind)
            {
                case ContributionKind.One: counter.AddSum(step.Metric, 1); break;
                case ContributionKind.Fact: counter.AddSum(step.Metric, facts[step.Fact]); break;
                case ContributionKind.User: counter.AddId(step.Metric, @event.WuId); break;
                default: counter.AddId(step.Metric, (int)facts[step.Fact]); break;
            }
        }
    }

    private readonly record struct Step(ContributionKind Kind, int Metric, int Fact, int ConditionFact, long ConditionValue);
}
