using Akka.Actor;
using Akka.Cluster;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Watching;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Clustering;

/// <summary>What a node sees of a cluster of one, and what it tells those who watch.</summary>
public sealed class ClusterViewTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ActorSystem _system = ActorSystem.Create(ClusterNode.SystemName, """
        akka {
          loglevel = OFF, stdout-loglevel = OFF
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
          cluster.app-version = "7.1.0"
        }
        """);

    private readonly ClusterEvents _events = new(TimeProvider.System);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _system.Terminate().WaitAsync(Patience);
        _system.Dispose();
    }

    [Fact]
    public async Task A_node_that_has_not_joined_is_no_member_and_one_that_is_up_leads_and_is_the_oldest()
    {
        ClusterView before = ClusterView.Of(_system, _events);
        using Watch<ClusterChange> watch = _events.Begin(capacity: 100);
        _system.ActorOf(ClusterEventsActor.Props(_events));
        var cluster = Cluster.Get(_system);
        await cluster.JoinAsync(cluster.SelfAddress).WaitAsync(Patience);
        ClusterChange up = await NextAsync(watch, "up");
        await NextAsync(watch, "leader");
        ClusterView view = await ViewOfLeaderAsync();

        (before.IsMember, before.Members.Count, before.SelfAddress).ShouldBe((false, 0, cluster.SelfAddress.ToString()));
        view.IsMember.ShouldBeTrue();
        view.Members.ShouldBe(
        [
            new ClusterMember(cluster.SelfAddress.ToString(), cluster.SelfUniqueAddress.Uid, "Up", IsUnreachable: false, IsSelf: true, IsLeader: true,
                IsOldest: true, up.AtMs, "7.1.0"),
        ]);
        (up.Address, up.Uid).ShouldBe((cluster.SelfAddress.ToString(), cluster.SelfUniqueAddress.Uid));
        view.Find($"127.0.0.1:{cluster.SelfAddress.Port}").ShouldBe(view.Members[0]);
        view.Find(cluster.SelfAddress.ToString()).ShouldBe(view.Members[0]);
        view.Find("127.0.0.1:1").ShouldBeNull();
        view.Find("").ShouldBeNull();
    }

    [Fact]
    public void Where_a_watcher_falls_behind_events_are_dropped_and_counted()
    {
        using Watch<ClusterChange> watch = _events.Begin(capacity: 2);

        for (int i = 0; i < 5; i++)
        {
            _events.Show("leader", member: null);
        }

        watch.Items.Count.ShouldBe(2);
        watch.TakeDropped().ShouldBe(3);
        watch.TakeDropped().ShouldBe(0);
    }

    [Theory]
    [InlineData("10.0.0.5:4053", "akka.tcp://dataload@10.0.0.5:4053")]
    [InlineData("node-1.shop.example:1", "akka.tcp://dataload@node-1.shop.example:1")]
    [InlineData("akka.tcp://dataload@10.0.0.5:65535", "akka.tcp://dataload@10.0.0.5:65535")]
    [InlineData("", null)]
    [InlineData("10.0.0.5", null)]
    [InlineData("10.0.0.5:0", null)]
    [InlineData("10.0.0.5:65536", null)]
    [InlineData(":4053", null)]
    [InlineData("a b:4053", null)]
    [InlineData("10.0.0.5:4053/user/intake", null)]
    [InlineData("akka.tcp://other@10.0.0.5:4053", null)]
    [InlineData("akka.udp://dataload@10.0.0.5:4053", null)]
    [InlineData("http://10.0.0.5:4053", null)]
    [InlineData("user@10.0.0.5:4053", null)]
    [InlineData("akka.tcp://dataload@10.0.0.5:4053?x=1", null)]
    public void An_address_is_read_or_refused(string text, string? address) =>
        (ClusterAddress.Parse(text)?.ToString()).ShouldBe(address);

    [Fact]
    public void A_host_and_port_is_reached_as_the_other_nodes_are()
    {
        const string Self = "akka.ssl.tcp://dataload@10.0.0.1:4053";

        ClusterAddress.Parse("10.0.0.5:4053", like: Self)!.ToString().ShouldBe("akka.ssl.tcp://dataload@10.0.0.5:4053");
        ClusterAddress.Parse("akka.ssl.tcp://dataload@10.0.0.5:4053")!.ToString().ShouldBe("akka.ssl.tcp://dataload@10.0.0.5:4053");
        var member = new ClusterMember("akka.ssl.tcp://dataload@10.0.0.5:4053", 1, "Up", false, false, false, false, null, "1");
        new ClusterView(Self, IsMember: true, [member]).Find("10.0.0.5:4053").ShouldBe(member);
    }

    /// <summary>What is read of the cluster follows its events in an actor of Akka's own, a moment after others hear of them.</summary>
    private async Task<ClusterView> ViewOfLeaderAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        ClusterView view;
        while ((view = ClusterView.Of(_system, _events)).Members is not [{ IsLeader: true, Status: "Up" }])
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
        }

        return view;
    }

    private static async Task<ClusterChange> NextAsync(Watch<ClusterChange> watch, string what)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            ClusterChange change = await watch.Items.ReadAsync(limit.Token);
            if (string.Equals(change.What, what, StringComparison.Ordinal))
            {
                return change;
            }
        }
    }
}
