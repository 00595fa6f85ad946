using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

public sealed class SeenHashesCompactionTests
{
    private static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 8, MaxSegmentIds = 2_000, MergeAtSegments = 4 };

    [Fact]
    public async Task Segments_of_a_growing_bucket_stay_few_and_a_bucket_that_is_over_ends_with_the_fewest()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        UInt128[] ids = SeenShard.Ids(3_000, seed: 1);
        int most = 0;
        for (int i = 0; i < 300; i++)
        {
            foreach (UInt128 id in ids.AsSpan(i * 10, 10))
            {
                shard.Hashes.Add(id, 5_000);
            }

            await shard.SealAsync(i, 5_000);
            await shard.CompactAsync();
            most = Math.Max(most, shard.Hashes.SegmentCount);
        }

        most.ShouldBeLessThanOrEqualTo(3 * 6);
        shard.Hashes.Add(1, 5_100);
        await shard.CompactAsync();
        shard.Hashes.SegmentCount.ShouldBeLessThanOrEqualTo(3);
        (await shard.ContainsAsync(ids, 5_100)).ShouldAllBe(seen => seen);

        SeenShard reopened = await SeenShard.OpenAsync(shard.Store, Options);
        reopened.Hashes.SegmentCount.ShouldBe(shard.Hashes.SegmentCount);
        (await reopened.ContainsAsync(ids, 5_100)).ShouldAllBe(seen => seen);
        int rows = reopened.Store.Count;
        rows.ShouldBeInRange(3_000 / 8, (3_000 / 8) + 10);
    }

    [Fact]
    public async Task Overlapping_segments_merge_to_each_id_once()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        UInt128[] ids = SeenShard.Ids(50, seed: 2);
        for (int i = 0; i < 4; i++)
        {
            foreach (UInt128 id in ids.AsSpan(i * 5, 30))
            {
                shard.Hashes.Add(id, 5_000);
            }

            await shard.SealAsync(i, 5_000);
        }

        (await shard.CompactAsync()).ShouldBe(1);
        shard.Hashes.SegmentCount.ShouldBe(1);
        shard.Store.Count.ShouldBe(1 + 6);
        (await shard.ContainsAsync(ids, 5_000)).Count(seen => seen).ShouldBe(45);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_merge_that_waits_for_its_commit_answers_whether_the_store_has_it_or_not(bool isSaved)
    {
        SeenShard shard = await ManySegmentsAsync();
        UInt128[] ids = SeenShard.Ids(400, seed: 3);
        CompactionPlan plan = shard.Hashes.PlanCompaction().ShouldNotBeNull();
        SeenWrites writes = shard.Hashes.CompleteCompaction(plan, await shard.LoadAsync(plan.Keys), 1, 1).ShouldNotBeNull();
        if (isSaved)
        {
            await shard.SaveAsync(writes);
        }

        shard.Hashes.PlanCompaction().ShouldBeNull();
        shard.Hashes.PendingCompaction.ShouldBeSameAs(writes);
        for (int i = 0; i < 2; i++)
        {
            (await shard.ContainsAsync(ids, 5_000)).ShouldAllBe(seen => seen);
            (await shard.ContainsAsync(SeenShard.Ids(400, seed: 4), 5_000)).ShouldAllBe(seen => !seen);
            shard.Hashes.Passivate(long.MaxValue / 4);
        }

        await shard.SaveAsync(writes);
        shard.Hashes.Committed();
        (await shard.ContainsAsync(ids, 5_000)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task Pages_that_were_asked_for_before_a_merge_are_asked_for_anew_after_it()
    {
        SeenShard shard = await ManySegmentsAsync();
        UInt128[] ids = SeenShard.Ids(400, seed: 3);
        var missing = new MissingPages();
        shard.Hashes.CollectMissing(ids[0], 5_000, missing).ShouldBe(Membership.Unknown);
        IReadOnlyList<Snapshot> early = await shard.LoadAsync(missing.Keys);
        await shard.CompactAsync();

        shard.Hashes.Supply(missing, early);
        shard.Hashes.Supply(missing, []);
        (await shard.ContainsAsync(ids, 5_000)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task A_plan_whose_bucket_was_forgotten_meanwhile_is_out_of_date()
    {
        SeenShard shard = await ManySegmentsAsync();
        CompactionPlan plan = shard.Hashes.PlanCompaction().ShouldNotBeNull();
        IReadOnlyList<Snapshot> loaded = await shard.LoadAsync(plan.Keys);
        await shard.SealAsync(1, 50_000);
        shard.Hashes.CompleteCompaction(plan, loaded, 1, 1).ShouldBeNull();
        shard.Store.Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_bucket_forgotten_while_its_merge_waits_leaves_no_row_behind()
    {
        SeenShard shard = await ManySegmentsAsync();
        CompactionPlan plan = shard.Hashes.PlanCompaction().ShouldNotBeNull();
        SeenWrites writes = shard.Hashes.CompleteCompaction(plan, await shard.LoadAsync(plan.Keys), 1, 1).ShouldNotBeNull();
        await shard.SealAsync(1, 50_000);
        await shard.SaveAsync(writes);
        shard.Hashes.Committed();
        (await shard.ContainsAsync(SeenShard.Ids(400, seed: 3), 50_000)).ShouldAllBe(seen => !seen);
        await shard.SealAsync(1, 50_000);
        shard.Store.Count.ShouldBe(0);
    }

    private static async Task<SeenShard> ManySegmentsAsync()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        UInt128[] ids = SeenShard.Ids(400, seed: 3);
        for (int i = 0; i < 4; i++)
        {
            foreach (UInt128 id in ids.AsSpan(i * 100, 100))
            {
                shard.Hashes.Add(id, 5_000);
            }

            await shard.SealAsync(i, 5_000);
        }

        return shard;
    }
}
