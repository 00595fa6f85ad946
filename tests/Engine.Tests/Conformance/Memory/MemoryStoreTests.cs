using DataLoad.Engine.Leasing;
using DataLoad.Engine.Storage.Memory;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance.Memory;

public sealed class MemoryStoreTests
{
    private static readonly NodeInfo First = new("first", "", "");
    private static readonly NodeInfo Second = new("second", "", "");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fault_before_a_call_keeps_it_from_taking_effect()
    {
        await using var store = new MemoryStore(new MemoryStoreState()) { Before = Fail("Store.Fix") };

        await Should.ThrowAsync<IOException>(async () => await store.FixAsync("shards", "64", Token));

        (await store.FindFixedAsync("shards", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_fault_after_a_call_leaves_its_effect()
    {
        await using var store = new MemoryStore(new MemoryStoreState()) { After = Fail("Store.Fix") };

        await Should.ThrowAsync<IOException>(async () => await store.FixAsync("shards", "64", Token));

        (await store.FindFixedAsync("shards", Token)).ShouldBe("64");
    }

    [Fact]
    public async Task A_dropped_store_is_a_crash_that_leaves_the_state_and_its_leases()
    {
        var state = new MemoryStoreState();
        await new MemoryStore(state).Leases.AcquireAsync(First, [1], TimeSpan.FromHours(1), Token);
        await using var next = new MemoryStore(state);

        (await next.Leases.AcquireAsync(Second, [1], TimeSpan.FromHours(1), Token)).HeldBy.ShouldBe(First);
        state.EndSession("first");
        (await next.Leases.AcquireAsync(Second, [1], TimeSpan.FromHours(1), Token)).Granted.ShouldBe([new ShardLease(1, 2)]);
    }

    [Fact]
    public async Task Two_nodes_share_the_shards()
    {
        var state = new MemoryStoreState();
        await using var first = new MemoryStore(state);
        await using var second = new MemoryStore(state);
        await first.Leases.AcquireAsync(First, [1, 2], TimeSpan.FromHours(1), Token);

        LeaseAttempt attempt = await second.Leases.AcquireAsync(Second, [2, 3], TimeSpan.FromHours(1), Token);

        attempt.Granted.Select(lease => lease.Shard).ShouldBe([3]);
        attempt.HeldBy.ShouldBe(First);
    }

    private static Func<string, ValueTask> Fail(string operation) => called =>
        string.Equals(called, operation, StringComparison.Ordinal) ? throw new IOException("Simulated fault.") : ValueTask.CompletedTask;
}
