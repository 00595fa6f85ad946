using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

public sealed class CounterCodecTests
{
    private static readonly CountingPlan Plan = new(Catalog.Default);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_counter_comes_back_as_it_was_and_goes_on_counting(int seed)
    {
        Counter counter = Random(seed, events: seed * 40);

        Counter read = CounterCodec.Decode(counter.Id, counter.Page, CounterCodec.Encode(counter));

        read.Values().ShouldBe(counter.Values());
        read.SequenceNr.ShouldBe(counter.SequenceNr);
        Fold(counter, seed + 100, 50);
        Fold(read, seed + 100, 50);
        read.Values().ShouldBe(counter.Values());
    }

    [Fact]
    public void A_metric_that_was_appended_later_reads_as_zero()
    {
        Counter counter = Random(1, 30);
        Page longer = counter.Page with { Metrics = counter.Page.Metrics.Add(Metric.Count("new_cnt")) };

        CounterCodec.Decode(counter.Id, longer, CounterCodec.Encode(counter)).Values().ShouldBe([.. counter.Values(), 0]);
    }

    [Fact]
    public void A_damaged_counter_is_refused_by_its_name()
    {
        Counter counter = Random(2, 12);

        DamagedBytes.ShouldBeRefused(CounterCodec.Encode(counter), bytes => CounterCodec.Decode(counter.Id, counter.Page, bytes), "lesson/9 on 2026-");
        DamagedBytes.ShouldNotCrash(CounterCodec.Encode(counter), bytes => CounterCodec.Decode(counter.Id, counter.Page, bytes), seed: 2, perByte: 64,
            "lesson/9 on 2026-");
    }

    [Fact]
    public void A_counters_stored_form_never_changes()
    {
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page) { SequenceNr = 300 };
        counter.SetState(page.IndexOf("share_cnt"), 5, null);
        counter.SetState(page.IndexOf("share_user_cnt"), -1, null);
        byte[] stored = DamagedBytes.Seal([2, 0xAC, 2, 1, (byte)Breakdown.Parent, 0, 2, (byte)page.IndexOf("share_cnt"), 10, (byte)page.IndexOf("share_user_cnt"), 1, 0]);

        CounterCodec.Encode(counter).ShouldBe(stored);
        Counter read = CounterCodec.Decode(counter.Id, page, stored);
        read.Values().ShouldBe(counter.Values());
        read.Set(page.IndexOf("share_user_cnt")).ShouldBeNull();
        read.Breakdowns.Single().Breakdown.ShouldBe(Breakdown.Parent);
    }

    [Fact]
    public void The_stored_form_of_a_counter_that_was_computed_anew_tells_the_first_page_of_its_parts()
    {
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page) { SequenceNr = 300 };
        counter.SetState(page.IndexOf("share_cnt"), 5, null);
        counter.Breakdowns.Single().BeginAt(300);
        byte[] stored = DamagedBytes.Seal([3, 0xAC, 2, 1, (byte)Breakdown.Parent, 0xAC, 2, 0, 1, (byte)page.IndexOf("share_cnt"), 10]);

        CounterCodec.Encode(counter).ShouldBe(stored);
        var pages = new PartPages(Breakdown.Parent, 300, 0);
        CounterCodec.DecodeBreakdowns(counter.Id, page, stored).ShouldBe([pages]);
        CounterCodec.Decode(counter.Id, page, stored).Breakdowns.Single().StoredPages.ShouldBe(pages);
    }

    [Fact]
    public void A_counter_that_was_stored_before_there_were_breakdowns_is_read_and_lacks_them()
    {
        Page page = Catalog.Default.PageNamed("act");
        byte[] stored = DamagedBytes.Seal([1, 0xAC, 2, 1, (byte)page.IndexOf("share_cnt"), 10]);

        Counter read = CounterCodec.Decode(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page, stored);

        read.Value(page.IndexOf("share_cnt")).ShouldBe(5);
        read.SequenceNr.ShouldBe(300);
        read.Breakdowns.ShouldBeEmpty();
    }

    [Fact]
    public void A_counter_that_was_set_aside_stays_so_and_says_why()
    {
        Counter counter = Random(1, 1);

        Should.Throw<StoredFormatException>(() => CounterCodec.Decode(counter.Id, counter.Page, CounterCodec.EncodeSetAside("a sum is too large")))
            .Message.ShouldBe($"the state of Counter {counter.Id} is damaged: it was set aside: a sum is too large.");
    }

    [Fact]
    public void More_than_the_page_has_is_refused()
    {
        Counter counter = Random(1, 1);
        Counter Decode(int count, int metric, params byte[] more) =>
            CounterCodec.Decode(counter.Id, counter.Page, DamagedBytes.Seal([1, 7, (byte)count, (byte)metric, 2, .. more]));

        Decode(1, 0).Value(0).ShouldBe(1);
        int metrics = counter.Page.Metrics.Length;
        Should.Throw<StoredFormatException>(() => Decode(1, metrics)).Message.ShouldContain($"no metric number {metrics}");
        Should.Throw<StoredFormatException>(() => Decode(metrics + 1, 0));
        Should.Throw<StoredFormatException>(() => Decode(1, 0, 0));
    }

    [Fact]
    public void Applying_an_event_allocates_nothing()
    {
        EventSpec[] events = [.. new RandomEvents(4) { Users = 20 }.Take(2000).Where(spec => spec.Stream.Page is "act" && spec.Texts[1].Length <= 64 && !spec.Texts[1].Contains('\0', StringComparison.Ordinal)).Take(200)];
        BusinessEvent[] made = [.. events.Select(spec => spec.Fill(new BusinessEvent()))];
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page);
        long sequenceNr = 0;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (BusinessEvent @event in made)
            {
                counter.Apply(Plan, @event, ++sequenceNr);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            if (round == 2)
            {
                allocated.ShouldBe(0);
            }
        }
    }

    private static Counter Random(int seed, int events)
    {
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page);
        Fold(counter, seed, events);
        return counter;
    }

    private static void Fold(Counter counter, int seed, int events)
    {
        var @event = new BusinessEvent();
        long at = counter.SequenceNr;
        foreach (EventSpec spec in new RandomEvents(seed).Take(events).Where(spec => spec.Stream.Page is "act"))
        {
            counter.Apply(Plan, spec.Fill(@event), ++at);
        }
    }
}
