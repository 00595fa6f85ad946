using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Seen;
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
    public void A_chunk_of_keys_comes_back_or_is_refused_by_its_name()
    {
        var id = new KeyChunkId(6, new TopicKey("lesson", 9), 3);
        var keys = new IdSet();
        foreach (int key in new[] { 0, 1, 7, 1000, (1 << 20) - 1 })
        {
            keys.Add(key);
        }

        byte[] stored = new KeyChunk(id, keys).Encode();

        KeyChunk read = KeyChunk.Decode(id, stored);
        read.Keys.Count.ShouldBe(5);
        read.Keys.Contains((1 << 20) - 1).ShouldBeTrue();
        KeyChunkId.Parse(id.SnapshotKey()).ShouldBe(id);
        DamagedBytes.ShouldBeRefused(stored, bytes => KeyChunk.Decode(id, bytes), "lesson/9, chunk 3");
        DamagedBytes.ShouldNotCrash(stored, bytes => KeyChunk.Decode(id, bytes), seed: 3, perByte: 64, "lesson/9, chunk 3");
    }

    [Theory]
    [InlineData("a run", 1, 1)]
    [InlineData("an array", 1, 17)]
    [InlineData("a bitmap", 1, 3)]
    public void A_damaged_set_of_every_form_is_refused_by_its_name(string form, int first, int step)
    {
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page);
        var random = new Random(step);
        StreamDefinition share = Catalog.Default.FindStream("act.share")!;
        for (int i = 0; i < (step == 3 ? 14_000 : 900); i++)
        {
            int user = first + (i * step) + (step == 1 ? 0 : random.Next(step));
            var spec = new EventSpec(share, counter.Id.Topic, 1_772_323_200_000, counter.Id.Day, user, null, ["s", "", "", ""], [], EventId.None);
            counter.Apply(Plan, spec.Fill(new BusinessEvent()), i + 1);
        }

        byte[] stored = CounterCodec.Encode(counter);

        CounterCodec.Decode(counter.Id, page, stored).Values().ShouldBe(counter.Values(), form);
        DamagedBytes.ShouldBeRefused(stored, bytes => CounterCodec.Decode(counter.Id, page, bytes), "lesson/9 on 2026-");
        DamagedBytes.ShouldNotCrash(stored, bytes => CounterCodec.Decode(counter.Id, page, bytes), seed: step, perByte: 64, "lesson/9 on 2026-");
    }

    [Fact]
    public void Applying_an_event_allocates_nothing()
    {
        EventSpec[] events = [.. new RandomEvents(4) { Users = 20 }.Take(2000).Where(spec => spec.Stream.Page is "act").Take(200)];
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
