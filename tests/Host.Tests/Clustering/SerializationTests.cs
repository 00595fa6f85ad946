using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster.Sharding;
using Akka.Configuration;
using Akka.Serialization;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>What nodes accept from each other, and what they do not.</summary>
public sealed class SerializationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("serialization-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_message_that_names_its_type_is_refused_and_what_comes_after_it_is_read()
    {
        await using Node node = Node.Start(_directory);
        await using var hostile = new Hostile();
        string echo = node.Echo();
        var gadget = new Gadget { Command = "rm" };
        int before = Gadget.Ran;

        await hostile.TellAsync(echo, gadget);

        await node.WaitForLogAsync("JSON by the names of types is refused");
        Gadget.Ran.ShouldBe(before);
        (await hostile.AskAsync(echo, "still there")).ShouldBe("still there");
    }

    [Fact]
    public async Task A_message_that_names_its_type_within_another_is_refused()
    {
        await using Node node = Node.Start(_directory);
        await using var hostile = new Hostile();
        node.Echo();
        var gadget = new Gadget { Command = "rm" };
        int before = Gadget.Ran;

        hostile.System.ActorSelection($"{node.Address}/user/echo").Tell(gadget);
        hostile.System.ActorSelection($"{node.Address}/user/echo").Tell(new Status.Success(gadget));

        await node.WaitForLogAsync("JSON by the names of types is refused");
        Gadget.Ran.ShouldBe(before);
    }

    [Fact]
    public async Task An_actor_of_any_class_is_not_started_from_afar()
    {
        await using Node node = Node.Start(_directory);
        await using var hostile = new Hostile();

        hostile.System.ActorOf(Props.Create(() => new Deployed()).WithDeploy(new Deploy(new RemoteScope(node.Address))), "deployed");

        await node.WaitForLogAsync("starting an actor from afar is refused");
        Deployed.Started.ShouldBe(0);
    }

    [Fact]
    public async Task A_message_of_a_type_without_a_serializer_is_not_sent()
    {
        await using Node node = Node.Start(_directory);
        await using Node other = Node.Start(_directory);
        ICanTell echo = await node.System.ActorSelection(other.Echo()).ResolveOne(Patience);

        echo.Tell(new Gadget(), ActorRefs.NoSender);

        await node.WaitForLogAsync("No serializer binding found for type Gadget");
        Should.Throw<System.Runtime.Serialization.SerializationException>(() => node.System.Serialization.FindSerializerForType(typeof(Gadget)));
        Serializer json = node.System.Serialization.FindSerializerForType(typeof(object));
        json.ShouldBeOfType<RefusedJson>().Identifier.ShouldBe(1);
        Should.Throw<System.Runtime.Serialization.SerializationException>(() => json.ToBinary(new Gadget()));
    }

    [Fact]
    public async Task A_cluster_that_shares_Partitions_out_and_hands_them_off_needs_none_of_what_is_refused()
    {
        using var authority = new TestAuthority(_directory, "ours");
        ClusterTlsSettings[] files = [authority.Issue(), authority.Issue()];
        await using Node first = Node.Start(_directory, Load(files[0]), files[0]);
        await using Node second = Node.Start(_directory, Load(files[1]), files[1]);
        await first.JoinAsync(first);
        await second.JoinAsync(first);
        IActorRef firstRegion = StartSharding(first);
        IActorRef secondRegion = StartSharding(second);

        await ShouldAnswerAsync(firstRegion, 0);
        await ShouldAnswerAsync(secondRegion, 0);
        CurrentShardRegionState there;
        using var limit = new CancellationTokenSource(Patience);
        do
        {
            // Partitions that are asked for while the other region is not known yet are moved to it.
            await ShouldAnswerAsync(secondRegion, 0);
            there = await secondRegion.Ask<CurrentShardRegionState>(GetShardRegionState.Instance, Patience);
            limit.Token.ThrowIfCancellationRequested();
        }
        while (there.Shards.Count == 0);
        await ShouldAnswerAsync(firstRegion, 100);
        ClusterShardingStats stats = await firstRegion.Ask<ClusterShardingStats>(new GetClusterShardingStats(Patience), Patience);
        await CoordinatedShutdown.Get(first.System).Run(CoordinatedShutdown.ActorSystemTerminateReason.Instance).WaitAsync(Patience);
        await ShouldAnswerAsync(secondRegion, 200);

        stats.Regions.Count.ShouldBe(2);
        foreach (Node node in (Node[])[first, second])
        {
            node.Logged("serializ").ShouldBeFalse();
            node.Logged("is refused, and so is").ShouldBeFalse();
        }
    }

    private static ClusterTls? Load(ClusterTlsSettings files) => ClusterTls.Load(new ClusterSettings { Tls = files }, TimeProvider.System);

    private static IActorRef StartSharding(Node node) => ClusterSharding.Get(node.System).Start(
        "partition", Props.Create(() => new Entity()), ClusterShardingSettings.Create(node.System), new Extractor(),
        ShardAllocationStrategy.LeastShardAllocationStrategy(8, 0.25), new StopPartition(TimeSpan.FromSeconds(1)));

    private static async Task ShouldAnswerAsync(IActorRef region, int from)
    {
        foreach (int partition in Enumerable.Range(from, 16))
        {
            using var limit = new CancellationTokenSource(Patience);
            while (await Record.ExceptionAsync(() => region.Ask<PartitionStatus>(new GetStatus(partition), TimeSpan.FromSeconds(2))) is not null)
            {
                limit.Token.ThrowIfCancellationRequested();
            }
        }
    }

    private sealed class Extractor : HashCodeMessageExtractor
    {
        public Extractor()
            : base(16)
        {
        }

        public override string? EntityId(object message) => message is IPartitionMessage partition ? $"{partition.Partition}" : null;
    }

    private sealed class Entity : ReceiveActor
    {
        public Entity()
        {
            Receive<GetStatus>(question => Sender.Tell(new PartitionStatus { Partition = question.Partition }));
            Receive<StopPartition>(_ => Context.Stop(Self));
        }
    }

    private sealed class Deployed : ReceiveActor
    {
        private static int s_started;

        public Deployed() => Interlocked.Increment(ref s_started);

        public static int Started => s_started;
    }

    /// <summary>What must not be made of bytes that come: making it does something.</summary>
    private sealed class Gadget
    {
        private static int s_ran;

        public static int Ran => s_ran;

        public string Command
        {
            get;
            set
            {
                field = value;
                Interlocked.Increment(ref s_ran);
            }
        } = "";
    }

    /// <summary>An actor system that speaks as Akka does by itself: what has no serializer goes by JSON.</summary>
    private sealed class Hostile : IAsyncDisposable
    {
        public ActorSystem System { get; } = ActorSystem.Create(ClusterNode.SystemName, ConfigurationFactory.ParseString("""
            akka { loggers = [], actor.provider = remote, remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
            """));

        public async Task TellAsync(string path, object message) => (await System.ActorSelection(path).ResolveOne(Patience)).Tell(message);

        public Task<object> AskAsync(string path, object message) => System.ActorSelection(path).Ask<object>(message, Patience);

        public async ValueTask DisposeAsync() => await System.Terminate().WaitAsync(Patience);
    }
}
