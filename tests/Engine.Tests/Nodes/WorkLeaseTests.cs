using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage.Memory;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Nodes;

public sealed class WorkLeaseTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MemoryStoreState _state = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_nodes_do_the_work_one_after_the_other()
    {
        (WorkLease first, WorkLease second) = (await LeaseOfAsync("first"), await LeaseOfAsync("second"));
        var started = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        Task<int> working = first.RunAsync(
            async _ =>
            {
                started.SetResult();
                await mayEnd.Task;
                return 1;
            },
            Patience,
            Token);
        await started.Task;

        (await Should.ThrowAsync<WorkLeaseException>(() => second.RunAsync(_ => Task.FromResult(2), TimeSpan.Zero, Token))).Message.ShouldContain("Another node");
        Task<int> waiting = second.RunAsync(_ => Task.FromResult(working.IsCompleted ? 2 : -1), Patience, Token);
        mayEnd.SetResult();

        (await working, await waiting).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Work_ends_where_its_lease_is_another_nodes()
    {
        (WorkLease first, WorkLease second) = (await LeaseOfAsync("first", renewEvery: TimeSpan.FromMilliseconds(50)), await LeaseOfAsync("second"));
        Task<int> working = first.RunAsync(
            async token =>
            {
                // As a node that froze is taken for gone.
                _state.EndSession("first");
                await second.RunAsync(
                    async _ =>
                    {
                        await Should.ThrowAsync<OperationCanceledException>(() => Task.Delay(Patience, token));
                        return 2;
                    },
                    Patience,
                    Token);
                token.ThrowIfCancellationRequested();
                return 1;
            },
            Patience,
            Token);

        (await Should.ThrowAsync<WorkLeaseException>(() => working)).Message.ShouldContain("another node may be at it");
    }

    [Fact]
    public async Task A_fault_of_the_work_is_told_as_it_is_and_the_lease_is_given_back()
    {
        (WorkLease first, WorkLease second) = (await LeaseOfAsync("first"), await LeaseOfAsync("second"));

        await Should.ThrowAsync<IOException>(() => first.RunAsync<int>(_ => throw new IOException("broken"), Patience, Token));

        (await second.RunAsync(_ => Task.FromResult(2), TimeSpan.Zero, Token)).ShouldBe(2);
    }

    private async Task<WorkLease> LeaseOfAsync(string node, TimeSpan? renewEvery = null)
    {
        var store = new MemoryStore(_state);
        var place = new NodePlace(new NodeInfo(node, "", ""), $"akka.tcp://dataload@{node}:1", Uid: 1, NodeProtocol.Current);
        await store.Nodes.EnterAsync(place, Patience, Token);
        return new WorkLease(store.Nodes, node, "work", renewEvery * 3 ?? Patience, TimeProvider.System, NullLogger.Instance);
    }
}
