using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Tracing;

/// <summary>What an event adds to its page's row by itself: sums, and 1 where it has a member of a distinct set, whether or not that is the first to bring it.
/// Thread-safe.</summary>
/// <param name="plan">The compiled catalog.</param>
public sealed class EventAdditions(CountingPlan plan)
{
    /// <summary>The page that an event counts on.</summary>
    public Page PageOf(BusinessEvent @event) => plan.PageByStream[@event.Stream.Id];

    /// <summary>The values of all metrics of its page, 0 for those to which it adds nothing.</summary>
    public long[] Of(BusinessEvent @event)
    {
        Page page = PageOf(@event);
        var counter = new Counter(new CounterId(page.Id, @event.Topic, @event.Day), page);
        plan.ApplyToWhole(@event, counter);
        return counter.Values();
    }
}
