using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

public sealed class SeenHashesWindowTests
{
    private const long WindowMs = 1_600;
    private const long BucketMs = 100;
    private static readonly SeenHashesOptions Options = new() { WindowMs = WindowMs };

    [Theory]
    [InlineData(5_000, false)]
    [InlineData(5_000, true)]
    [InlineData(5_050, false)]
    [InlineData(5_050, true)]
    [InlineData(5_099, false)]
    [InlineData(5_099, true)]
    [InlineData(0, true)]
    public async Task An_id_is_remembered_for_the_window_and_forgotten_when_its_bucket_has_left_it(long journaledAtMs, bool isSealed)
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(42, journaledAtMs);
        if (isSealed)
        {
            await shard.SealAsync(1, journaledAtMs);
        }

        long bucketEndMs = ((journaledAtMs / BucketMs) + 1) * BucketMs;
        (await shard.ContainsAsync(42, journaledAtMs)).ShouldBeTrue();
        (await shard.ContainsAsync(42, journaledAtMs + WindowMs)).ShouldBeTrue();
        (await shard.ContainsAsync(42, bucketEndMs + WindowMs - 1)).ShouldBeTrue();
        (await shard.ContainsAsync(42, bucketEndMs + WindowMs)).ShouldBeFalse();
        (await shard.ContainsAsync(42, bucketEndMs + WindowMs + 1)).ShouldBeFalse();
    }

    [Fact]
    public async Task Ids_either_side_of_a_bucket_boundary_are_forgotten_one_bucket_apart()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, 5_099);
        shard.Hashes.Add(2, 5_100);
        await shard.SealAsync(2, 5_100);

        (await shard.ContainsAsync([1, 2], 6_699)).ShouldBe([true, true]);
        (await shard.ContainsAsync([1, 2], 6_700)).ShouldBe([false, true]);
        (await shard.ContainsAsync([1, 2], 6_800)).ShouldBe([false, false]);
    }

    [Fact]
    public async Task Rows_of_a_forgotten_bucket_are_deleted_by_the_next_seal_and_not_before_its_time()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, 5_000);
        await shard.SealAsync(1, 5_000);
        shard.Store.Count.ShouldBe(2);

        await shard.SealAsync(1, 6_699);
        shard.Store.Count.ShouldBe(2);
        await shard.SealAsync(1, 6_700);
        shard.Store.Count.ShouldBe(0);
        shard.Hashes.SegmentCount.ShouldBe(0);
    }

    [Fact]
    public async Task Ids_that_are_forgotten_before_they_are_sealed_are_not_stored()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, 5_000);
        await shard.SealAsync(1, 6_700);
        shard.Store.Count.ShouldBe(0);
        shard.Hashes.ActiveCount.ShouldBe(0);
    }

    [Fact]
    public async Task An_id_added_again_after_it_was_forgotten_is_remembered_anew()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, 5_000);
        await shard.SealAsync(1, 5_000);
        shard.Hashes.Add(1, 7_000);
        await shard.SealAsync(2, 7_000);
        (await shard.ContainsAsync(1, 8_699)).ShouldBeTrue();
        (await shard.ContainsAsync(1, 8_700)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_change_of_the_window_keeps_what_is_stored_by_its_own_bucket_length()
    {
        var store = new FakeSnapshotStore();
        SeenShard shard = await SeenShard.OpenAsync(store, Options);
        shard.Hashes.Add(1, 5_050);
        await shard.SealAsync(1, 5_050);

        SeenShard longer = await SeenShard.OpenAsync(store, Options with { WindowMs = 16_000 });
        (await longer.ContainsAsync(1, 21_099)).ShouldBeTrue();
        (await longer.ContainsAsync(1, 21_100)).ShouldBeFalse();

        SeenShard shorter = await SeenShard.OpenAsync(store, Options with { WindowMs = 16 });
        (await shorter.ContainsAsync(1, 5_115)).ShouldBeTrue();
        (await shorter.ContainsAsync(1, 5_116)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_window_shorter_than_its_buckets_has_buckets_of_a_millisecond()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), new SeenHashesOptions { WindowMs = 5 });
        shard.Hashes.Add(1, 100);
        shard.Hashes.Contains(1, 105).ShouldBeTrue();
        shard.Hashes.Contains(1, 106).ShouldBeFalse();
    }

    [Fact]
    public void Options_out_of_range_are_named_with_value_and_range()
    {
        Should.Throw<ArgumentException>(() => new SeenHashesOptions { PageIds = 5000 }
            .Validate()).Message.ShouldContain("PageIds is 5000; it must be from 1 to 4096");
        Should.Throw<ArgumentException>(() => new SeenHashesOptions { WindowMs = 0 }.Validate()).Message.ShouldContain("WindowMs is 0");
        new SeenHashesOptions().Validate().BucketMs.ShouldBe(37_800_000);
    }
}
