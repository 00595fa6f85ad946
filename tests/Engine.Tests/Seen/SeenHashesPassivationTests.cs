using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>What is let go of and in which order, and how much is held or loaded at a time.</summary>
public sealed class SeenHashesPassivationTests
{
    private const long NowMs = 1_700_000_000_000;

    [Fact]
    public async Task Passivate_drops_the_pages_used_least_recently_first_and_directories_only_then_the_oldest_first()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions { WindowMs = 1_600, PageIds = 4 });
        for (int bucket = 0; bucket < 2; bucket++)
        {
            for (int i = 0; i < 8; i++)
            {
                shard.Hashes.Add(Spread((bucket * 8) + i), bucket * 100);
            }

            await shard.SealAsync(1, 100);
        }

        shard.Hashes.Passivate(1);
        foreach (int id in new[] { 0, 4, 8, 12, 0 })
        {
            (await shard.ContainsAsync(Spread(id), 100)).ShouldBeTrue();
        }

        shard.Hashes.ResidentPages.ShouldBe(4);
        int loads = shard.Store.Loads;

        shard.Hashes.Passivate(1).ShouldBe(1);
        (await shard.ContainsAsync([Spread(0), Spread(8), Spread(12)], 100)).ShouldAllBe(seen => seen);
        shard.Store.Loads.ShouldBe(loads);
        (await shard.ContainsAsync(Spread(4), 100)).ShouldBeTrue();
        shard.Store.Loads.ShouldBe(loads + 1);

        shard.Hashes.Passivate(1 + (shard.Hashes.ResidentBytes / 2)).ShouldBeGreaterThanOrEqualTo(4);
        shard.Hashes.ResidentPages.ShouldBe(0);

        // The newest segment kept its directory: its ids take one load, those of the oldest two.
        loads = shard.Store.Loads;
        shard.Hashes.CollectMissing(Spread(8), 1_700, new MissingPages());
        (await shard.ContainsAsync(Spread(0), 100)).ShouldBeTrue();
        shard.Store.Loads.ShouldBe(loads + 2);
    }

    [Fact]
    public async Task Opening_keeps_no_more_directories_in_memory_than_its_budget()
    {
        var store = new FakeSnapshotStore();
        SeenShard shard = await SeenShard.OpenAsync(store, new SeenHashesOptions());
        UInt128[] ids = SeenShard.Ids(20_000, seed: 6);
        for (int i = 0; i < ids.Length; i++)
        {
            shard.Hashes.Add(ids[i], NowMs);
            if (i % 5_000 == 4_999)
            {
                await shard.SealAsync(i + 1, NowMs);
            }
        }

        SeenShard opened = await SeenShard.OpenAsync(store, new SeenHashesOptions { MaxOpenBytes = 25_000 });
        opened.Hashes.SegmentCount.ShouldBe(4);
        opened.Hashes.ResidentBytes.ShouldBeInRange(20_000, 25_000 + (4 * Segment.OwnBytes));
        (await opened.ContainsAsync(ids, NowMs)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task One_round_of_loading_stays_within_its_bytes_and_the_rest_follows()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions());
        UInt128[] ids = SeenShard.Ids(20_000, seed: 7);
        foreach (UInt128 id in ids)
        {
            shard.Hashes.Add(id, NowMs);
        }

        await shard.SealAsync(1, NowMs);
        var missing = new MissingPages(maxBytes: 140_000);
        shard.Hashes.CollectMissing(ids, NowMs, new Membership[ids.Length], missing);
        missing.Keys.Count.ShouldBe(2);
    }

    private static UInt128 Spread(int index) => (UInt128)(uint)(index + 1) << 96;
}
