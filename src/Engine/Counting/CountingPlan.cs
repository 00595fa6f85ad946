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
        HasBreakdowns = catalog.Pages.Any(page => page.Breakdowns.Length > 0);
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

    /// <summary>Whether any page has breakdowns.</summary>
    public bool HasBreakdowns { get; }

    /// <summary>The page of each stream, by the stream's number.</summary>
    public Page[] PageByStream { get; } = new Page[256];

    /// <summary>Adds an event to a Counter of its page, topic and day: to what of it does not hold its SequenceNr yet.</summary>
    /// <remarks>All events of a block are added, and the Counter then stands at it: <see cref="Counter.StandAt"/>.</remarks>
    /// <exception cref="OverflowException">A sum would pass what its column holds.</exception>
    internal void Apply(BusinessEvent @event, Counter counter, long sequenceNr)
    {
        if (sequenceNr > counter.SequenceNr)
        {
            ApplyToWhole(@event, counter);
        }

        ApplyToParts(@event, counter, sequenceNr);
    }

    /// <summary>Adds an event to a Counter's own sums and sets.</summary>
    /// <exception cref="OverflowException">A sum would pass what its column holds.</exception>
    internal void ApplyToWhole(BusinessEvent @event, Counter counter) => Apply(@event, new Whole(counter));

    /// <summary>Adds an event to the one part of each breakdown that its own value names, where that does not hold its SequenceNr yet.</summary>
    internal void ApplyToParts(BusinessEvent @event, Counter counter, long sequenceNr)
    {
        foreach (CounterBreakdown breakdown in counter.Breakdowns)
        {
            if (breakdown.PartToAddTo(@event, sequenceNr) is { } part)
            {
                Apply(@event, new Part(part));
            }
        }
    }

    private void Apply<T>(BusinessEvent @event, T target)
        where T : struct, IMetricTarget
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
                case ContributionKind.One: target.AddSum(step.Metric, 1); break;
                case ContributionKind.Fact: target.AddSum(step.Metric, facts[step.Fact]); break;
                case ContributionKind.User: target.AddId(step.Metric, @event.WuId); break;
                default: target.AddId(step.Metric, (int)facts[step.Fact]); break;
            }
        }
    }

    // Structs, so that the loop is compiled for each of them and calls nothing through an interface.
    private readonly struct Whole(Counter counter) : IMetricTarget
    {
        public void AddSum(int metric, long value) => counter.AddSum(metric, value);
        public void AddId(int metric, int id) => counter.AddId(metric, id);
    }

    private readonly struct Part(CounterPart part) : IMetricTarget
    {
        public void AddSum(int metric, long value) => part.AddSum(metric, value);
        public void AddId(int metric, int id) => part.AddId(metric, id);
    }

    private readonly record struct Step(ContributionKind Kind, int Metric, int Fact, int ConditionFact, long ConditionValue);
}
