using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>What breakdowns hold, measured by the collector: with no test beside it.</summary>
[Collection(nameof(CounterBreakdownMemoryTests))]
[CollectionDefinition(nameof(CounterBreakdownMemoryTests), DisableParallelization = true)]
public sealed class CounterBreakdownMemoryTests
{
    [Fact]
    public void A_breakdown_of_a_hundred_thousand_values_takes_little_memory_and_is_stored_in_pages()
    {
        Page page = Catalog.Default.PageNamed("act");
        var plan = new CountingPlan(Catalog.Default);
        var @event = new BusinessEvent();
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 100_000; i++)
        {
            counter.Apply(plan, CounterBreakdownTests.Visit(parent: i, user: i + 1).Fill(@event), i + 1);
        }

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        held.ShouldBeLessThan(100L << 20);
        ((double)counter.ResidentBytes).ShouldBeInRange(held * 0.7, held * 1.3);
        counter.Find(Breakdown.Parent)!.StoredPages.Count.ShouldBe((100_000 + PartPage.MaxParts - 1) / PartPage.MaxParts);
        int pages = counter.Find(Breakdown.Parent)!.TakeChangedPages().Count;
        pages.ShouldBe(counter.Find(Breakdown.Parent)!.StoredPages.Count);
        counter.Apply(plan, CounterBreakdownTests.Visit(parent: 5, user: 1).Fill(@event), 200_000);
        counter.Find(Breakdown.Parent)!.TakeChangedPages().Single().Number.ShouldBe(0);
    }
}
