using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage.Memory;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance.Memory;

public sealed class MemoryStoreTests
{
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
    public async Task A_dropped_store_is_a_crash_that_leaves_the_state_and_its_nodes()
    {
        var state = new MemoryStoreState();
        await new MemoryStore(state).Nodes.EnterAsync(Place("first"), TimeSpan.FromHours(1), Token);
        await using var next = new MemoryStore(state);

        (await next.Nodes.EnterAsync(Place("second"), TimeSpan.FromHours(1), Token)).IsFounder.ShouldBeFalse();
        state.EndSession("first");
        (await next.Nodes.EnterAsync(Place("second"), TimeSpan.FromHours(1), Token)).IsFounder.ShouldBeTrue();
    }

    private static NodePlace Place(string id) => new(new NodeInfo(id, "", ""), $"akka.tcp://dataload@{id}:1", Uid: 1, NodeProtocol.Current);

    private static Func<string, ValueTask> Fail(string operation) => called =>
        string.Equals(called, operation, StringComparison.Ordinal) ? throw new IOException("Simulated fault.") : ValueTask.CompletedTask;
}
