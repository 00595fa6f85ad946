using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Hostile;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

public sealed class CounterBreakdownTests
{
    private static readonly Catalog s_all = Catalog.Default.WithBreakdowns(
        Catalog.Default.Pages.ToDictionary(page => page.Name, _ => System.Collections.Immutable.ImmutableArray.Create(Enum.GetValues<Breakdown>())));

    private static readonly CountingPlan s_plan = new(s_all);
    private static readonly Page s_page = s_all.PageNamed("act");
    private static readonly CounterId s_id = new(s_page.Id, new TopicKey("lesson", 9), 739_675);

    private readonly BusinessEvent _event = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Each_part_is_what_its_events_alone_would_make(int seed)
    {
        EventSpec[] events = Events(seed, 400);
        Counter counter = CounterOf(events);

        foreach (Breakdown breakdown in Enum.GetValues<Breakdown>())
        {
            IGrouping<BreakdownValue, EventSpec>[] groups = [.. events.GroupBy(spec => BreakdownValue.Of(breakdown, spec.Fill(_event)))];
            counter.Find(breakdown)!.Parts.Count.ShouldBe(groups.Length);
            foreach (IGrouping<BreakdownValue, EventSpec> group in groups)
            {
                CounterPart part = counter.Find(breakdown)!.Find(group.Key).ShouldNotBeNull();
                part.ValueOf(breakdown).ShouldBe(group.Key);
                part.Values(s_page).ShouldBe(CounterOf([.. group]).Values(), group.Key.ToString());
                part.SequenceNr.ShouldBe(Array.LastIndexOf(events, group.Last()) + 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Counts_and_amounts_of_the_parts_add_up_to_the_whole(int seed)
    {
        Counter counter = CounterOf(Events(seed, 300));

        foreach (CounterBreakdown breakdown in counter.Breakdowns)
        {
            for (int i = 0; i < s_page.Metrics.Length; i++)
            {
                long sum = breakdown.Parts.Sum(part => part.Values(s_page)[i]);
                if (s_page.Metrics[i].Kind == MetricKind.Distinct)
                {
                    sum.ShouldBeGreaterThanOrEqualTo(counter.Value(i));
                }
                else
                {
                    sum.ShouldBe(counter.Value(i), s_page.Metrics[i].Column);
                }
            }
        }
    }

    [Fact]
    public void A_value_that_its_column_cannot_hold_is_the_one_that_it_is_cut_and_mended_to()
    {
        string[] texts = [new string('q', 300), new string('q', 128), "a\0b", "a\uFFFDb", string.Concat(Enumerable.Repeat("🐻", 200)), "", "会话"];
        Counter counter = CounterOf([.. texts.Select(text => Visit(channel: text))]);

        counter.Find(Breakdown.Channel)!.Parts.Select(part => part.ValueOf(Breakdown.Channel).Text).Order(StringComparer.Ordinal).ShouldBe(
            ((string[])["", new string('q', 128), "a\uFFFDb", string.Concat(Enumerable.Repeat("🐻", 128)), "会话"]).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Pages_that_were_saved_at_different_times_and_the_events_behind_each_give_the_whole(int seed)
    {
        // Many values, so that there are several pages; each is stored as it was after some event, the Counter's own last of all.
        var random = new Random(seed);
        EventSpec[] events = [.. Enumerable.Range(0, 3000).Select(_ => Visit(parent: random.Next(900), user: random.Next(1, 50)))];
        var counter = new Counter(s_id, s_page);
        var stored = new Dictionary<(Breakdown, int), byte[]>();
        byte[] whole = [];
        int[] saves = [.. Enumerable.Range(0, 12).Select(_ => random.Next(1, events.Length)).Order()];
        for (int i = 0; i < events.Length; i++)
        {
            counter.Apply(s_plan, events[i].Fill(_event), i + 1);
            if (!saves.Contains(i))
            {
                continue;
            }

            foreach (CounterBreakdown breakdown in counter.Breakdowns)
            {
                // Some of the pages that changed; the Counter's own state follows when all of them are there.
                List<PartPage> pages = [.. breakdown.Pages.Where(_ => random.Next(2) == 0 || i == saves[^1])];
                pages.ForEach(page => stored[(breakdown.Breakdown, page.Number)] = PartPageCodec.Encode(s_page, page, i + 1));
            }

            bool areAllThere = counter.Breakdowns.All(breakdown => breakdown.Pages.All(page => stored.ContainsKey((breakdown.Breakdown, page.Number))));
            whole = areAllThere ? CounterCodec.Encode(counter) : whole;
        }

        Counter read = Read(whole, stored);
        for (int i = 0; i < events.Length; i++)
        {
            read.Apply(s_plan, events[i].Fill(_event), i + 1);
        }

        counter.Find(Breakdown.Parent)!.StoredPages.Count.ShouldBeGreaterThan(2);
        ShouldBeSame(read, counter);
    }

    [Fact]
    public void Parts_that_hold_beyond_what_was_flushed_are_flushed_again_and_no_others()
    {
        Counter counter = CounterOf([Visit(parent: 1), Visit(parent: 2), Visit(parent: 1), Visit(parent: 3)]);
        byte[] page = PartPageCodec.Encode(s_page, counter.Find(Breakdown.Parent)!.Pages[0], 4);
        var read = new Counter(s_id, s_page);

        read.AddParts(Breakdown.Parent, PartPageCodec.Decode(s_id, s_page, 0, page), flushedSequenceNr: 2);

        read.Find(Breakdown.Parent)!.TakeChanged(10).Select(part => (part.Id, part.SequenceNr)).Order().ShouldBe([(1, 3), (3, 4)]);
        read.Find(Breakdown.Parent)!.HasChanged.ShouldBeFalse();
        read.Apply(s_plan, Visit(parent: 2).Fill(_event), 5);
        read.Find(Breakdown.Parent)!.TakeChanged(10).Select(part => (part.Id, part.SequenceNr)).ShouldBe([(2, 5)]);
    }

    [Fact]
    public void A_page_that_is_missing_is_named()
    {
        var counter = new Counter(s_id, s_page);
        PartPage second = PartPageCodec.Decode(s_id, s_page, 1, PartPageCodec.Encode(s_page, new PartPage(1), 3));

        Should.Throw<StoredFormatException>(() => counter.AddParts(Breakdown.Parent, second, 0)).Message.ShouldContain("page 0 of its parts by parent is missing");
    }

    [Fact]
    public void Damaged_pages_of_parts_are_refused_and_never_read_as_others()
    {
        Counter counter = CounterOf(Events(3, 60));
        byte[] sound = PartPageCodec.Encode(s_page, counter.Find(Breakdown.Channel)!.Pages[0], 60);
        for (int bit = 0; bit < sound.Length * 8; bit += 3)
        {
            byte[] damaged = [.. sound];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<StoredFormatException>(() => PartPageCodec.Decode(s_id, s_page, 0, damaged));
        }

        // Sealed again, so that the checksum lets it pass: it is refused, or read, and never fails otherwise.
        var random = new Random(7);
        for (int i = 0; i < 3000; i++)
        {
            byte[] body = sound[..^4];
            body[random.Next(body.Length)] = (byte)random.Next(256);
            byte[] hostile = DamagedBytes.Seal(body);
            try
            {
                PartPageCodec.Decode(s_id, s_page, 0, hostile);
            }
            catch (StoredFormatException)
            {
                // Refused by name.
            }
        }
    }

    [Fact]
    public void The_stored_form_of_parts_never_changes()
    {
        Counter counter = CounterOf([Visit(parent: 7, user: 1)]);
        PartPage page = counter.Find(Breakdown.Parent)!.Pages[0];
        byte[] set = new byte[page.Parts[0].Set(s_page.IndexOf("visit_user_cnt"))!.SerializedBytes];
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        page.Parts[0].Set(s_page.IndexOf("visit_user_cnt"))!.WriteTo(writer);
        writer.WrittenSpan.CopyTo(set);

        PartPageCodec.Encode(s_page, page, 1).ShouldBe(DamagedBytes.Seal(
        [
            1, 1, 1, 4, .. "BEAR"u8, 14, 1, 2,
            (byte)s_page.IndexOf("visit_cnt"), 2,
            (byte)s_page.IndexOf("visit_user_cnt"), 0, (byte)set.Length, .. set,
        ]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Parts_are_accounted_for_with_their_sets_whether_they_were_counted_or_read(int seed)
    {
        Counter counter = CounterOf(Events(seed, 400));
        var read = new Counter(s_id, s_page);
        foreach (CounterBreakdown breakdown in counter.Breakdowns)
        {
            foreach (PartPage page in breakdown.Pages)
            {
                read.AddParts(breakdown.Breakdown, PartPageCodec.Decode(s_id, s_page, page.Number, PartPageCodec.Encode(s_page, page, 400)), 0);
            }
        }

        foreach (CounterBreakdown breakdown in counter.Breakdowns.Concat(read.Breakdowns))
        {
            long sets = breakdown.Parts.Sum(part => s_page.Metrics.Select((_, i) => part.Set(i)?.ResidentBytes ?? 0).Sum());
            long others = breakdown.Parts.Sum(part => CounterPart.OwnBytes + part.Text.Length + (36L * Math.Max(0, part.CellCount - 2)));
            sets.ShouldBeGreaterThan(0);
            (breakdown.ResidentBytes - sets).ShouldBeInRange(breakdown.Parts.Count * CounterPart.OwnBytes, others + (breakdown.Parts.Count * 128L));
        }
    }

    [Fact]
    public void Parts_of_one_text_share_it()
    {
        Counter counter = CounterOf([.. Enumerable.Range(1, 20).Select(parent => Visit(parent))]);

        counter.Find(Breakdown.Parent)!.Parts.Select(part => part.SharedText).Distinct().ShouldHaveSingleItem();
    }

    internal static void ShouldBeSame(Counter read, Counter expected)
    {
        read.Values().ShouldBe(expected.Values());
        read.SequenceNr.ShouldBe(expected.SequenceNr);
        foreach (CounterBreakdown breakdown in expected.Breakdowns)
        {
            CounterBreakdown found = read.Find(breakdown.Breakdown).ShouldNotBeNull();
            found.Parts.Count.ShouldBe(breakdown.Parts.Count);
            foreach (CounterPart part in breakdown.Parts)
            {
                CounterPart same = found.Find(part.ValueOf(breakdown.Breakdown)).ShouldNotBeNull();
                same.Values(expected.Page).ShouldBe(part.Values(expected.Page));
                same.SequenceNr.ShouldBe(part.SequenceNr);
            }
        }
    }

    private static Counter Read(byte[] whole, Dictionary<(Breakdown Breakdown, int Page), byte[]> stored)
    {
        if (whole.Length == 0)
        {
            return new Counter(s_id, s_page);
        }

        IEnumerable<Snapshot> parts = CounterCodec.DecodeBreakdowns(s_id, s_page, whole).SelectMany(found => found.Numbers
            .Select(page => new Snapshot(SnapshotKeys.Of(s_id, found.Breakdown, page), 0, stored[(found.Breakdown, page)])));
        return new StoredCounter(0, SnapshotKind.Counter, new Snapshot(SnapshotKeys.Of(s_id), 0, whole), [.. parts]).Decode(s_id, s_page, 0);
    }

    private Counter CounterOf(EventSpec[] events)
    {
        var counter = new Counter(s_id, s_page);
        for (int i = 0; i < events.Length; i++)
        {
            counter.Apply(s_plan, events[i].Fill(_event), i + 1);
        }

        return counter;
    }

    private static EventSpec[] Events(int seed, int count) =>
        [.. new RandomEvents(seed) { Users = 30 }.Take(count * 2).Where(spec => spec.Stream.Page is "act").Take(count)];

    internal static EventSpec Visit(int parent = 0, string channel = "", int user = 1)
    {
        StreamDefinition stream = s_all.FindStream("act.visit")!;
        string[] texts = [.. Enumerable.Repeat("", EventSpec.TextsOf(stream))];
        texts[EventText.ParentTopicType] = "BEAR";
        texts[EventText.ChannelType] = channel;
        return new EventSpec(stream, s_id.Topic, 1, s_id.Day, user, parent, texts, new long[stream.Facts.Length], EventId.None);
    }
}
