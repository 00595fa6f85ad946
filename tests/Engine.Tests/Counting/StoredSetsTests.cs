using System.Collections.Immutable;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>Sets that are read from what is stored without the rest, as questions over days do.</summary>
public sealed class StoredSetsTests
{
    private static readonly Catalog s_all = Catalog.Default.WithBreakdowns(
        Catalog.Default.Pages.ToDictionary(page => page.Name, _ => ImmutableArray.Create(Enum.GetValues<Breakdown>())));

    private static readonly CountingPlan s_plan = new(s_all);
    private static readonly Page s_page = s_all.PageNamed("act");
    private static readonly CounterId s_id = new(s_page.Id, new TopicKey("lesson", 9), 739_675);
    private static readonly int[] s_distinct = [.. Enumerable.Range(0, s_page.Metrics.Length).Where(i => s_page.Metrics[i].Kind == MetricKind.Distinct)];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Distinct_metrics_are_read_in_any_order_and_more_than_once(int seed)
    {
        Counter counter = CounterOf(seed);
        byte[] stored = CounterCodec.Encode(counter);
        int[] metrics = [.. s_distinct.Reverse(), s_distinct[0]];

        CounterSets read = CounterCodec.DecodeSets(s_id, s_page, stored, metrics);

        (read.Id, read.SetAside).ShouldBe((s_id, null));
        for (int i = 0; i < metrics.Length; i++)
        {
            Members(read.Sets[i]).ShouldBe(Members(counter.Set(metrics[i])), s_page.Metrics[metrics[i]].Column);
            read.Adopted[i].ShouldBe(counter.Sum(metrics[i]));
        }

        metrics.Count(metric => counter.Set(metric) is { Count: > 0 }).ShouldBeGreaterThan(2);
    }

    [Fact]
    public void What_was_adopted_before_the_first_event_is_told_apart_from_the_members()
    {
        var counter = new Counter(s_id, s_page);
        counter.SetState(s_distinct[1], 40, null);
        counter.SetState(s_distinct[2], 2, IdSetOf(7, 8));

        CounterSets read = CounterCodec.DecodeSets(s_id, s_page, CounterCodec.Encode(counter), [s_distinct[0], s_distinct[1], s_distinct[2]]);

        read.Adopted.ShouldBe([0, 40, 2]);
        read.Sets.Select(Members).ShouldBe([[], [], [7, 8]]);
        read.Sets.Take(2).ShouldAllBe(set => set == null);
    }

    [Fact]
    public void A_Counter_that_was_set_aside_has_no_sets_and_no_pages_and_says_why()
    {
        byte[] mark = CounterCodec.EncodeSetAside("a sum passed its column");

        CounterSets read = CounterCodec.DecodeSets(s_id, s_page, mark, s_distinct);

        read.SetAside.ShouldBe("a sum passed its column");
        read.Sets.ShouldAllBe(set => set == null);
        CounterCodec.DecodeBreakdowns(s_id, s_page, mark).ShouldBeEmpty();
        CounterCodec.IsSetAside(mark).ShouldBeTrue();
        CounterCodec.IsSetAside(CounterCodec.Encode(CounterOf(1))).ShouldBeFalse();
    }

    [Fact]
    public void Damaged_states_are_refused_by_name_whatever_of_them_is_read()
    {
        byte[] stored = CounterCodec.Encode(CounterOf(3, events: 20));

        DamagedBytes.ShouldBeRefused(stored, bytes => CounterCodec.DecodeSets(s_id, s_page, bytes, s_distinct), "lesson/9 on 2026-");
        DamagedBytes.ShouldBeRefused(stored, bytes => CounterCodec.DecodeBreakdowns(s_id, s_page, bytes), "lesson/9 on 2026-");
        byte[] longer = DamagedBytes.Seal([.. stored[..^4], 0]);
        Should.Throw<StoredFormatException>(() => CounterCodec.DecodeSets(s_id, s_page, longer, s_distinct));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(1, int.MaxValue)]
    public void Pages_of_parts_that_cannot_be_are_refused(int first, int pages)
    {
        var writer = new Engine.Binary.ByteWriter(64);
        writer.Byte(3);
        writer.Unsigned(7);
        writer.Unsigned(1);
        writer.Byte((byte)Breakdown.Parent);
        writer.Unsigned((ulong)(uint)first);
        writer.Unsigned((ulong)(uint)pages);
        writer.Unsigned(0);
        writer.Checksum();

        Should.Throw<StoredFormatException>(() => CounterCodec.DecodeBreakdowns(s_id, s_page, writer.Written.ToArray()));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Parts_are_read_with_the_metrics_that_are_asked_for_those_of_all_values_or_of_some(int seed)
    {
        Counter counter = CounterOf(seed);
        foreach (CounterBreakdown breakdown in counter.Breakdowns)
        {
            byte[] stored = PartPageCodec.Encode(s_page, breakdown.Pages[0], 400);
            int[] metrics = [s_distinct[1], s_distinct[0]];
            CounterPart[] parts = [.. breakdown.Pages[0].Parts];
            HashSet<BreakdownValue> some = [.. parts.Where((_, i) => i % 3 == 0).Select(part => part.ValueOf(breakdown.Breakdown))];

            IReadOnlyList<PartSets> all = PartPageCodec.DecodeSets(s_id, s_page, breakdown.Breakdown, stored, null, metrics);
            IReadOnlyList<PartSets> wanted = PartPageCodec.DecodeSets(s_id, s_page, breakdown.Breakdown, stored, some, metrics);

            all.Select(part => part.Value).ShouldBe(parts.Select(part => part.ValueOf(breakdown.Breakdown)));
            wanted.Select(part => part.Value).ToHashSet().ShouldBe(some, ignoreOrder: true);
            foreach (PartSets part in all.Concat(wanted))
            {
                CounterPart expected = breakdown.Find(part.Value)!;
                part.Sets.Select(Members).ShouldBe(metrics.Select(metric => Members(expected.Set(metric))));
            }
        }
    }

    [Fact]
    public void Damaged_parts_are_refused_by_name_when_their_sets_are_read()
    {
        byte[] stored = PartPageCodec.Encode(s_page, CounterOf(3, events: 20).Find(Breakdown.Channel)!.Pages[0], 20);

        DamagedBytes.ShouldBeRefused(stored, bytes => PartPageCodec.DecodeSets(s_id, s_page, Breakdown.Channel, bytes, null, s_distinct), "lesson/9 on 2026-");
    }

    private static int[] Members(IdSet? set) => set is null ? [] : [.. set.Order()];

    private static IdSet IdSetOf(params int[] ids)
    {
        var set = new IdSet();
        Array.ForEach(ids, id => set.Add(id));
        return set;
    }

    private static Counter CounterOf(int seed, int events = 400)
    {
        var counter = new Counter(s_id, s_page);
        var @event = new BusinessEvent();
        long sequenceNr = 0;
        foreach (EventSpec spec in new RandomEvents(seed) { Users = 30 }.Take(events * 2).Where(spec => spec.Stream.Page is "act").Take(events))
        {
            counter.Apply(s_plan, spec.Fill(@event), ++sequenceNr);
        }

        return counter;
    }
}
