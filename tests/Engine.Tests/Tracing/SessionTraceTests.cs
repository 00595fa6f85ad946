using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tracing;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Tracing;

public sealed class SessionTraceTests
{
    private static readonly SessionIndexSettings Small = new() { SealEvents = 12, SealBlocks = 5, MergeAtSegments = 3, MaxSegmentPairs = 60 };

    // With lower-case hexadecimal digits, which a journal packs, one session within another, and one that is not there.
    private static readonly string[] Sessions = ["", "s", "ss", "0123456789abcdef", "89abcdef", "0123456789ABCDEF", "会话🐻", "nobody", new string('q', 300)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task All_events_of_a_session_are_found_whatever_was_sealed_merged_filled_trimmed_lost_or_damaged(int seed)
    {
        var random = new Random(seed);
        var events = new RandomEvents(seed);
        var partition = new TracedPartition(Small);
        await partition.OwnAsync();
        for (int step = 0; step < 250; step++)
        {
            string what = await StepAsync(partition, events, random);
            if (step % 10 == 9)
            {
                await partition.ShouldTraceAsync(Sessions, $"after step {step}, {what}");
            }
        }
    }

    [Fact]
    public async Task What_is_sealed_is_found_by_its_blocks_and_only_what_is_not_is_read_through()
    {
        var partition = new TracedPartition(Small with { MergeAtSegments = 64 });
        await partition.OwnAsync();
        for (int block = 0; block < 100; block++)
        {
            partition.Persist([Event($"session {block}"), Event($"session {block}"), Event("common")]);
            if (block % 10 == 9 && block < 90)
            {
                await partition.SealAsync();
            }
        }

        TracedSession<EventPlace> found = await partition.TraceAsync("session 7");
        (found.Events, found.Blocks, found.ScannedBlocks).ShouldBe((2, 1, 11), "one block, the ten that are not sealed, and the owner's announcement");
        found = await partition.TraceAsync("common");
        (found.Events, found.Blocks, found.ScannedBlocks).ShouldBe((100, 90, 11));
        found = await partition.TraceAsync("nobody");
        (found.Events, found.Blocks, found.ScannedBlocks).ShouldBe((0, 0, 11));
    }

    [Fact]
    public async Task A_store_from_before_there_was_an_index_is_read_through_until_its_past_is_filled()
    {
        var partition = new TracedPartition(Small);
        await partition.OwnAsync();
        for (int block = 0; block < 50; block++)
        {
            partition.Journaled.Persist([Event($"session {block}")]);
        }

        await partition.OwnAsync();
        (await partition.TraceAsync("session 7")).ScannedBlocks.ShouldBe(52);
        int fills = 0;
        while (await partition.FillAsync())
        {
            fills++;
        }

        fills.ShouldBeGreaterThan(3, "a portion at a time");
        TracedSession<EventPlace> found = await partition.TraceAsync("session 7");
        (found.Events, found.Blocks).ShouldBe((1, 1));
        found.ScannedBlocks.ShouldBeLessThan(Small.SealBlocks);
    }

    [Fact]
    public async Task Pages_of_any_size_hold_together_what_one_holds_in_the_order_of_time()
    {
        var partition = new TracedPartition(Small);
        await partition.OwnAsync();
        var random = new Random(3);
        for (int block = 0; block < 40; block++)
        {
            partition.Persist([Event("a", random.Next(5)), Event("b", random.Next(5)), Event("a", random.Next(5))]);
        }

        EventPlace[] all = [.. partition.ReadAll()["a"]];
        all.Length.ShouldBe(80);
        foreach (int limit in new[] { 1, 7, 79, 80, 81 })
        {
            var read = new List<EventPlace>();
            EventPlace? after = EventPlace.Start;
            while (after is { } place)
            {
                TracedSession<EventPlace> page = await partition.TraceAsync("a", place, limit);
                page.Events.ShouldBe(80, "all of them are counted on each page");
                page.Items.Count.ShouldBeInRange(1, limit);
                read.AddRange(page.Items);
                after = page.Next;
            }

            read.ShouldBe(all);
        }
    }

    [Fact]
    public async Task A_session_in_more_blocks_than_may_be_read_is_refused_and_what_is_not_indexed_is_read_through_to_a_bound()
    {
        var partition = new TracedPartition(Small);
        await partition.OwnAsync();
        for (int block = 0; block < 20; block++)
        {
            partition.Persist([Event("a")]);
        }

        TracedSession<EventPlace> found = await partition.TraceAsync("a", EventPlace.Start, 100, new TraceSettings { MaxScannedBlocks = 15 });
        (found.Events, found.ScannedBlocks, found.UnreadBlocks).ShouldBe((14, 15, 6), "the first entry is the owner's announcement");
        await partition.SealAsync();
        (await partition.TraceAsync("a", EventPlace.Start, 100, new TraceSettings { MaxBlocks = 20, MaxScannedBlocks = 1 })).UnreadBlocks.ShouldBe(0);
        (await Should.ThrowAsync<TraceTooLargeException>(() => partition.TraceAsync("a", EventPlace.Start, 100, new TraceSettings { MaxBlocks = 19 })))
            .Message.ShouldContain("more than 19 blocks");
    }

    [Fact]
    public async Task Damage_of_the_journal_is_named()
    {
        var partition = new TracedPartition(Small);
        await partition.OwnAsync();
        partition.Persist([Event("a")]);
        byte[] bytes = ((Block)partition.Journaled.Journal[0][2]).Bytes.ToArray();
        bytes[^1] ^= 1;
        partition.Journaled.Journal[0][2] = new Block(bytes);
        (await Should.ThrowAsync<StoredFormatException>(() => partition.TraceAsync("a"))).Message.ShouldContain("SequenceNr 2");
    }

    [Fact]
    public async Task Segments_stay_few_and_each_pair_is_written_a_few_times()
    {
        var partition = new TracedPartition(new SessionIndexSettings { SealEvents = 20, SealBlocks = 5, MaxSegmentPairs = 2000 });
        await partition.OwnAsync();
        var random = new Random(1);
        for (int seal = 0; seal < 1000; seal++)
        {
            partition.Persist([.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => Event($"session {random.Next()}"))]);
            await partition.SealAsync();
            while (await partition.MergeAsync())
            {
                partition.Index.Segments.Count.ShouldBeLessThan(60);
            }
        }

        // 10,000 pairs in segments of at least a thousand, and what is about to be merged.
        partition.Index.Segments.Count.ShouldBeLessThan(30);
        partition.Rows.Count.ShouldBe(partition.Index.Segments.Sum(segment => segment.RowCount));
        partition.Index.Segments.Max(segment => segment.Count).ShouldBeInRange(1000, 2000);
    }

    private static async Task<string> StepAsync(TracedPartition partition, RandomEvents events, Random random)
    {
        switch (random.Next(20))
        {
            case 0:
                await partition.OwnAsync();
                return "another owner";
            case 1 or 2:
                if (partition.Index.WantsSeal)
                {
                    await partition.SealAsync();
                }

                return "a seal";
            case 3 or 4:
                await partition.MergeAsync();
                return "a merge";
            case 5 or 6:
                await partition.FillAsync();
                return "a fill";
            case 7:
                await partition.TrimAsync(partition.Baseline + random.Next(6));
                return "a trim";
            case 8:
                partition.Damage(random);
                return "damage";
            case 9:
                // Persisted, and the owner ended before it was told.
                partition.Journaled.Persist([Next(events, random)]);
                await partition.OwnAsync();
                return "a crash";
            default:
                partition.Persist([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Next(events, random))]);
                return "a block";
        }
    }

    private static EventSpec Next(RandomEvents events, Random random)
    {
        EventSpec spec = events.Next();
        return spec with { Texts = [Sessions[random.Next(Sessions.Length)] is not "nobody" and var session ? session : "s", .. spec.Texts.Skip(1)] };
    }

    private static EventSpec Event(string session, int second = 0)
    {
        EventSpec spec = Partitions.PartitionSpec.Share(7, 5, session);
        return spec with { TimeMs = spec.TimeMs + (second * 1000), Texts = [session, .. spec.Texts.Skip(1)] };
    }
}
