using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Which segments are merged: known answers of <see cref="Compaction.Plan"/>.</summary>
public sealed class SeenHashesPlanTests
{
    private const long BucketMs = 100;

    private static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 10, MaxSegmentIds = 1_000, MergeAtSegments = 4 };

    [Fact]
    public void Nothing_is_merged_of_no_segments_nor_of_one() =>
        (Plan(500), Plan(500, Of(1, 10)), Plan(500, Of(1, 10), Of(2, 10, bucket: 3))).ShouldBe((null, null, null));

    [Fact]
    public void A_bucket_that_grows_is_merged_when_enough_of_its_segments_are_of_one_size()
    {
        Segment[] three = [Of(1, 29), Of(2, 1), Of(3, 28)];

        Plan(100, three).ShouldBeNull();
        Plan(100, [.. three, Of(4, 31)]).ShouldBeNull("31 ids have four pages, a class of their own");
        Plan(100, [.. three, Of(4, 31), Of(5, 30)]).ShouldBe([2, 3, 1, 5]);
    }

    [Fact]
    public void Larger_segments_are_of_one_size_up_to_four_times_the_pages()
    {
        // Classes begin at 1, 4, 16 and 64 pages of ten ids.
        Segment[] three = [Of(1, 31), Of(2, 150), Of(3, 100)];

        Plan(100, [.. three, Of(4, 30)]).ShouldBeNull();
        Plan(100, [.. three, Of(4, 151)]).ShouldBeNull();
        Plan(100, [.. three, Of(4, 32)]).ShouldBe([1, 4, 3, 2]);
        Plan(100, Of(1, 160), Of(2, 151), Of(3, 170), Of(4, 500)).ShouldBe([2, 1, 3, 4]);
    }

    [Fact]
    public void A_bucket_that_is_over_is_merged_as_soon_as_two_segments_fit()
    {
        // Of the sizes that the bucket in progress would keep apart.
        Plan(101, Of(1, 400), Of(2, 5)).ShouldBe([2, 1]);
        Plan(100, Of(1, 400), Of(2, 5)).ShouldBeNull("its bucket ends with the newest");
        Plan(101, Of(1, 500), Of(2, 500)).ShouldBe([1, 2]);
        Plan(101, Of(1, 501), Of(2, 5)).ShouldBeNull("more than half of the largest");
    }

    [Fact]
    public void A_merge_takes_the_smallest_first_and_no_more_ids_than_a_segment_may_hold()
    {
        Plan(101, Of(1, 500), Of(2, 300), Of(3, 200), Of(4, 450)).ShouldBe([3, 2, 4]);
        Plan(101, Of(1, 500), Of(2, 300), Of(3, 200), Of(4, 500)).ShouldBe([3, 2, 1]);
        Plan(101, Of(1, 500), Of(2, 300), Of(3, 201), Of(4, 500)).ShouldBe([3, 2]);
    }

    [Fact]
    public void Of_segments_of_one_size_the_older_come_first() => Plan(101, Of(9, 7), Of(3, 7), Of(6, 7)).ShouldBe([3, 6, 9]);

    [Fact]
    public void A_merge_reads_no_more_than_sixty_four_segments() =>
        Plan(101, [.. Enumerable.Range(1, 70).Select(number => Of(number, 2))]).ShouldBe(Enumerable.Range(1, 64).Select(number => (long)number));

    [Fact]
    public void Buckets_are_never_merged_with_each_other()
    {
        Plan(10_000, Of(1, 5, bucket: 1), Of(2, 5, bucket: 2), Of(3, 5, bucket: 1, bucketMs: 50)).ShouldBeNull("each is alone in its bucket");
        Plan(10_000, Of(1, 5, bucket: 2), Of(2, 5, bucket: 1), Of(3, 5, bucket: 1)).ShouldBe([2, 3]);
        Plan(10_000, Of(1, 5, bucket: 2), Of(4, 5, bucket: 2), Of(2, 5, bucket: 1), Of(3, 5, bucket: 1)).ShouldBe([1, 4], "the newest first");
    }

    [Fact]
    public void A_plan_names_all_pages_of_its_segments_and_counts_their_ids()
    {
        CompactionPlan plan = Compaction.Plan([Of(1, 21), Of(2, 10)], 101, Options).ShouldNotBeNull();

        plan.Ids.ShouldBe(31);
        plan.Keys.ShouldBe([.. new[] { (2L, 0), (1L, 0), (1L, 1), (1L, 2) }.Select(row => new SegmentKey(0, row.Item1).Row(row.Item2))]);
    }

    [Fact]
    public async Task A_merge_of_which_one_segment_was_given_up_meanwhile_is_out_of_date_and_changes_nothing()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        UInt128[] ids = SeenShard.Ids(40, seed: 1);
        for (int i = 0; i < 4; i++)
        {
            ids.AsSpan(i * 10, 10).ToArray().ToList().ForEach(id => shard.Hashes.Add(id, 50));
            await shard.SealAsync(i, 50);
        }

        CompactionPlan plan = shard.Hashes.PlanCompaction().ShouldNotBeNull();
        IReadOnlyList<Snapshot> loaded = await shard.LoadAsync(plan.Keys);
        Segment given = plan.Inputs[^1];
        shard.Hashes.GiveUp(given.Key, []);

        shard.Hashes.CompleteCompaction(plan, loaded, 1, 1).ShouldBeNull();

        shard.Hashes.PendingCompaction.ShouldBeNull();
        shard.Hashes.SegmentCount.ShouldBe(3);
        (await shard.ContainsAsync(ids, 50)).Count(seen => seen).ShouldBe(30);
    }

    private static Segment Of(long number, int count, long bucket = 0, long bucketMs = BucketMs) =>
        new(new SegmentKey(bucket, number), bucketMs, count, Options.PageIds, 1);

    /// <summary>The numbers of the segments that are to be merged, in their order; null for no merge.</summary>
    private static long[]? Plan(long newestEndMs, params Segment[] newestFirst) =>
        Compaction.Plan(newestFirst, newestEndMs, Options)?.Inputs.Select(segment => segment.Key.Number).ToArray();
}
