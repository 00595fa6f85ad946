using Akka.Actor;
using DataLoad.Engine.Watching;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Watching;

/// <summary>The tree of a small actor system.</summary>
public sealed class ActorTreeTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _system = ActorSystem.Create("dataload", "akka { loglevel = OFF, stdout-loglevel = OFF }");
    private readonly ManualResetEventSlim _gate = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _gate.Set();
        await _system.Terminate().WaitAsync(Patience);
        _system.Dispose();
        _gate.Dispose();
    }

    [Fact]
    public async Task Each_actor_is_followed_by_its_children_down_to_the_depth()
    {
        IActorRef top = await ParentOfAsync("top", 10);
        await AddAsync(await ChildAsync(top, "2"), "below");

        ActorEntry[] one = Read("/user/top", depth: 1);
        ActorEntry[] two = Read("/user/top", depth: 2);

        one.Select(entry => entry.Path).ShouldBe(
            ["/user/top", .. Enumerable.Range(0, 10).Select(number => $"/user/top/{number}")], "names that are numbers are in the order of numbers");
        one[0].ShouldBe(new ActorEntry(
            "/user/top", 0, "DataLoad.Engine.Tests.Watching.ActorTreeTests+Parent", ActorState.Running, Messages: 0, Children: 10, Listed: 10));
        one[3].ShouldBe(new ActorEntry(
            "/user/top/2", 1, "DataLoad.Engine.Tests.Watching.ActorTreeTests+Parent", ActorState.Running, Messages: 0, Children: 1, Listed: 0));
        two.Length.ShouldBe(12);
        two[4].Path.ShouldBe("/user/top/2/below");
        Read("/", depth: 1).Select(entry => entry.Path).ShouldBe(["/", "/system", "/user"]);
    }

    [Fact]
    public async Task Of_many_children_those_are_listed_for_which_most_messages_wait_and_the_rest_is_counted()
    {
        IActorRef top = await ParentOfAsync("top", 70);
        IActorRef slow = await ChildAsync(top, "65");
        slow.Tell(_gate);
        for (int i = 0; i < 5; i++)
        {
            slow.Tell(i);
        }

        await UntilAsync(() => Read("/user/top/65", depth: 1)[0].Messages == 5);
        ActorEntry[] tree = Read("/user/top", depth: 1, children: 3);

        (tree[0].Children, tree[0].Listed).ShouldBe((70, 3));
        tree.Skip(1).Select(entry => (entry.Path, entry.Messages)).ShouldBe([("/user/top/0", 0), ("/user/top/1", 0), ("/user/top/65", 5)]);
    }

    [Fact]
    public async Task An_actor_that_waits_for_its_children_to_end_is_stopping_and_so_is_a_child_that_was_told_to()
    {
        IActorRef top = await ParentOfAsync("top", 2);
        IActorRef child = await ChildAsync(top, "0");
        child.Tell(_gate);
        await UntilAsync(() => Read("/user/top/0", depth: 1)[0].Messages == 0);
        Read("/user/top", depth: 1).ShouldAllBe(entry => entry.State == ActorState.Running);

        _system.Stop(top);

        await UntilAsync(() => Read("/user/top", depth: 1) is [{ State: ActorState.Stopping }, { Path: "/user/top/0", State: ActorState.Stopping }]);
    }

    [Theory]
    [InlineData("/user/top/nobody")]
    [InlineData("/user/top/0/below/it")]
    [InlineData("/temp")]
    [InlineData("nowhere")]
    public async Task Where_there_is_no_actor_there_is_no_tree(string path)
    {
        await ParentOfAsync("top", 1);

        ActorTree.Read(_system, path, 3, 50).ShouldBeNull();
    }

    [Fact]
    public async Task There_is_a_bound_whatever_is_asked_for_and_the_lowest_are_left_out()
    {
        IActorRef top = await ParentOfAsync("top", 110);
        for (int i = 0; i < 110; i++)
        {
            await (await ChildAsync(top, $"{i}")).Ask<int>(100, Patience);
        }

        ActorEntry[] tree = Read("/user/top", depth: 16, children: 1000);

        tree.Length.ShouldBe(ActorTree.MaxActors);
        tree.Count(entry => entry.Depth == 1).ShouldBe(110);
        tree.Where(entry => entry.Depth == 1).ShouldAllBe(entry => entry.Children == 100);
        tree[^1].ShouldSatisfyAllConditions(last => last.Path.ShouldBe("/user/top/109"), last => last.Listed.ShouldBe(0));
    }

    [Fact]
    public async Task Actors_may_come_and_go_meanwhile()
    {
        IActorRef top = await ParentOfAsync("top", 0);
        using var ends = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        Task changing = Task.Run(
            async () =>
            {
                for (int i = 0; !ends.IsCancellationRequested; i++)
                {
                    IActorRef child = await AddAsync(top, $"{i}");
                    await AddAsync(child, "below");
                    (i % 2 == 0 ? (Action)(() => _system.Stop(child)) : () => child.Tell(PoisonPill.Instance))();
                }
            },
            CancellationToken.None);

        int seen = 0;
        while (!ends.IsCancellationRequested)
        {
            seen += Read("/user", depth: 16).Length;
        }

        await changing;
        seen.ShouldBeGreaterThan(0);
    }

    private ActorEntry[] Read(string path, int depth, int children = 50) => [.. ActorTree.Read(_system, path, depth, children).ShouldNotBeNull().Actors];

    private async Task<IActorRef> ParentOfAsync(string name, int children)
    {
        IActorRef parent = _system.ActorOf(Props.Create(() => new Parent()), name);
        await parent.Ask<int>(children, Patience);
        return parent;
    }

    private static Task<IActorRef> AddAsync(IActorRef parent, string name) => parent.Ask<IActorRef>(name, Patience);

    private Task<IActorRef> ChildAsync(IActorRef parent, string name) => _system.ActorSelection(parent.Path / name).ResolveOne(Patience);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Has children by number or by name, and waits at a gate where it is told to.</summary>
    private sealed class Parent : ReceiveActor
    {
        public Parent()
        {
            Receive<int>(count =>
            {
                for (int i = 0; i < count; i++)
                {
                    Context.ActorOf(Props.Create(() => new Parent()), $"{i}");
                }

                Sender.Tell(count);
            });
            Receive<string>(name => Sender.Tell(Context.ActorOf(Props.Create(() => new Parent()), name)));
            Receive<ManualResetEventSlim>(gate => gate.Wait());
        }
    }
}
