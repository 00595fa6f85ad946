using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Nodes;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Hocon;
using Shouldly;

namespace DataLoad.Host.Tests.Clustering;

/// <summary>An actor system with the settings of a node, on this machine, and what it logs; without a store and without Partitions.</summary>
internal sealed class Node : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = [];

    private Node(ActorSystem system)
    {
        System = system;
        IActorRef listener = system.ActorOf(Props.Create(() => new Listener(_log)), "log");
        system.EventStream.Subscribe(listener, typeof(LogEvent)).ShouldBeTrue();
    }

    public ActorSystem System { get; }

    public Address Address => ((ExtendedActorSystem)System).Provider.DefaultAddress;

    /// <summary>Starts one; the certificates are what it shows and trusts, the settings are the user's.</summary>
    public static Node Start(string directory, ClusterTls? tls = null, ClusterTlsSettings? files = null, string settings = "")
    {
        string file = Path.Combine(directory, $"{Guid.NewGuid()}.conf");
        File.WriteAllText(file, $"dataload.cluster {{ {(files is null ? "" : ClusterStartTests.TlsOf(files))} }}\n{settings}");
        Config config = SettingsBinder.Bind(SettingsLoader.Load([file], HoconText.NoEnvironment), Catalog.Default).Akka.Config;
        Config mine = ConfigurationFactory.ParseString("""
            akka { loggers = [], loglevel = INFO, actor.provider = cluster, remote.dot-netty.tcp.connection-timeout = 5s, remote.retry-gate-closed-for = 500ms }
            """);
        BootstrapSetup setup = BootstrapSetup.Create().WithConfig(mine.WithFallback(config).WithFallback(JournalConfig.Defaults));
        var lease = new StoreLeaseSetup(new MemoryStore(new MemoryStoreState()).Nodes, "node", TimeProvider.System);
        return new Node(ActorSystem.Create(ClusterNode.SystemName, tls is null ? setup.And(lease) : setup.And(lease).And(tls.Setup)));
    }

    /// <summary>What others reach an actor by that answers what it is told.</summary>
    public string Echo()
    {
        IActorRef echo = System.ActorOf(Props.Create(() => new EchoActor()), "echo");
        return echo.Path.ToStringWithAddress(Address);
    }

    /// <summary>Joins another one, and waits until both are up.</summary>
    public async Task JoinAsync(Node other)
    {
        using var limit = new CancellationTokenSource(Patience);
        await Cluster.Get(System).JoinAsync(other.Address, limit.Token);
    }

    public async Task WaitForLogAsync(string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!Logged(text))
        {
            if (limit.IsCancellationRequested)
            {
                throw new ShouldAssertException($"'{text}' was not logged, but:\n{string.Join('\n', _log)}");
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }

    public bool Logged(string text) => _log.Any(line => line.Contains(text, StringComparison.OrdinalIgnoreCase));

    /// <summary>Ends without a word to the others.</summary>
    public Task KillAsync()
    {
        ((ExtendedActorSystem)System).Abort();
        return System.WhenTerminated.WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync() => await System.Terminate().WaitAsync(Patience);

    private sealed class Listener : ReceiveActor
    {
        public Listener(ConcurrentQueue<string> log) => Receive<LogEvent>(line => log.Enqueue($"{line.LogLevel()}: {line.Message} {line.Cause}"));
    }

    private sealed class EchoActor : ReceiveActor
    {
        public EchoActor() => ReceiveAny(message => Sender.Tell(message));
    }
}
