using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Alone, since the heap is everyone's.</summary>
[CollectionDefinition(nameof(SeenHashesMemoryTests), DisableParallelization = true)]
[Collection(nameof(SeenHashesMemoryTests))]
public sealed class SeenHashesMemoryTests
{
    private const long NowMs = 1_700_000_000_000;

    [Fact]
    public async Task A_million_ids_passivated_to_filters_cost_less_than_two_and_a_half_megabytes()
    {
        const int Count = 1_000_000;
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions());
        UInt128[] ids = SeenShard.Ids(Count, seed: 1);
        foreach (UInt128 id in ids)
        {
            shard.Hashes.Add(id, NowMs);
        }

        shard.Hashes.ResidentBytes.ShouldBeGreaterThan(Count * 16L);
        await shard.SealAsync(Count, NowMs);
        (await shard.ContainsAsync(ids[..20_000], NowMs)).ShouldAllBe(seen => seen);
        shard.Hashes.ResidentPages.ShouldBe(245);

        long resident = shard.Hashes.ResidentBytes;
        shard.Hashes.Passivate(resident - 2_500_000).ShouldBeInRange(200, 246);
        shard.Hashes.ResidentBytes.ShouldBeLessThanOrEqualTo(2_500_000);
        shard.Hashes.Passivate(shard.Hashes.ResidentBytes - 2_200_000);
        shard.Hashes.ResidentBytes.ShouldBeInRange(2_000_000, 2_200_000);
        shard.Hashes.SegmentCount.ShouldBe(1);

        // Filters stay and answer for new ids without a load, all but a few of a thousand.
        var missing = new MissingPages();
        int unknown = SeenShard.Ids(20_000, seed: 2).Count(id => shard.Hashes.CollectMissing(id, NowMs, missing) == Membership.Unknown);
        unknown.ShouldBeLessThan(60);

        shard.Hashes.Passivate(long.MaxValue / 4);
        shard.Hashes.ResidentBytes.ShouldBe(Segment.OwnBytes);
        (await shard.ContainsAsync(ids[^20_000..], NowMs)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task Resident_bytes_are_what_the_heap_holds()
    {
        const int Count = 300_000;
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions());
        var random = new Random(3);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < Count; i++)
        {
            shard.Hashes.Add(SeenShard.Id(random), NowMs);
        }

        ((double)(GC.GetTotalMemory(forceFullCollection: true) - before)).ShouldBe(shard.Hashes.ResidentBytes, shard.Hashes.ResidentBytes * 0.2);
        await shard.SealAsync(1, NowMs);
        shard.Hashes.Passivate(1);
        shard.Hashes.ResidentBytes.ShouldBeLessThan(Count * 5L / 2);
    }

    [Fact]
    public async Task Adding_and_asking_allocate_nothing_once_the_tables_have_grown()
    {
        const int Count = 30_000;
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions());
        var random = new Random(4);
        var missing = new MissingPages();
        UInt128[] batch = new UInt128[500];
        var found = new Membership[batch.Length];
        UInt128[] late = SeenShard.Ids(Count, seed: 5);
        long allocated = -1;

        // The first two rounds grow two tables, the one in use and the one whose seal is being saved.
        for (int round = 0; round < 4; round++)
        {
            if (round == 3)
            {
                await shard.ContainsAsync(late, NowMs);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Count; i++)
            {
                UInt128 id = round == 3 ? late[i] : SeenShard.Id(random);
                shard.Hashes.Add(id, NowMs + round);
                if (!shard.Hashes.Contains(id, NowMs))
                {
                    throw new InvalidOperationException("An id that was just added is not there.");
                }

                batch[i % batch.Length] = id;
                if (i % batch.Length == batch.Length - 1)
                {
                    shard.Hashes.CollectMissing(batch, NowMs, found, missing);
                }
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            await shard.SealAsync(round + 1, NowMs);
        }

        allocated.ShouldBeLessThan(1_000);
    }
}
