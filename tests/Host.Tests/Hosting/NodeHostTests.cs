using System.Net;
using System.Reflection;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;
using DataLoad.Host.Tests.Access;
using DataLoad.Host.Tests.Clustering;
using DataLoad.Host.Tests.Commands;
using DataLoad.Host.Tests.Hocon;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace DataLoad.Host.Tests.Hosting;

/// <summary>The node as a host: what it composes, how it starts and how it ends.</summary>
public sealed class NodeHostTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("node-host-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Akka_logs_to_the_programs_log_at_its_level()
    {
        var log = new LogLines();
        await RunAsync("log.level = warning", log, async node =>
        {
            ActorSystem system = node.System!;
            system.Settings.LogLevel.ShouldBe("WARNING");
            system.Log.Info("not so important");
            system.Log.Warning("Partition {0} is slow", 7);

            await log.WaitForAsync("Partition 7 is slow");
            log.Lines.ShouldNotContain(line => line.Contains("not so important", StringComparison.Ordinal));
            system.Settings.Config.GetInt("akka.log-dead-letters").ShouldBe(10);
            system.Name.ShouldBe("dataload");
            system.Settings.StdoutLogger.ShouldBeOfType<SilentLogger>("what a logger leaves in its mailbox goes there, whatever the level");
        });
    }

    [Fact]
    public async Task A_start_over_a_store_that_cannot_be_opened_ends_with_2_and_one_sentence()
    {
        string file = Path.Combine(_directory, "my.conf");
        await File.WriteAllTextAsync(file, $$"""
            dataload { http.urls = "", amqp { url = "amqp://guest:guest@127.0.0.1:1/", connect-timeout = 1s }, store.connection = "{{_directory}}/dataload.db" }
            """);
        await File.WriteAllTextAsync(Path.Combine(_directory, "dataload.db"), "this is no database, and long enough to be looked at as one: "
            + new string('x', 4096));

        CommandRun run = await CommandRun.OfAsync("serve", "--config", file);

        run.Code.ShouldBe(2);
        run.Error.TrimEnd().ShouldStartWith("dataload: ");
        run.Error.TrimEnd().Split('\n').Length.ShouldBe(1, run.Error);
    }

    [Fact]
    public async Task A_node_with_certificates_serves_and_listens_by_TLS()
    {
        using var authority = new TestAuthority(_directory, "ours");

        await RunAsync($"cluster.{ClusterStartTests.TlsOf(authority.Issue())}", new LogLines(), node =>
        {
            ((ExtendedActorSystem)node.System!).Provider.DefaultAddress.Protocol.ShouldBe("akka.ssl.tcp");
            return Task.CompletedTask;
        });
    }

    [Fact]
    public Task A_node_whose_actor_system_ends_by_itself_makes_a_new_one_and_serves_again() => RunAsync("", new LogLines(), async node =>
    {
        ActorSystem first = node.System!;
        (await node.IsAliveAsync(CancellationToken.None)).ShouldBeTrue();
        (string check, HealthReportEntry entry) = (await node.CheckJournalAsync(CancellationToken.None)).ShouldHaveSingleItem();
        (check, entry.Status).ShouldBe(("journal", HealthStatus.Healthy));

        await first.Terminate();

        await UntilServingAsync(node, system => system != first);
        (await node.IsAliveAsync(CancellationToken.None)).ShouldBeTrue();
    });

    [Fact]
    public async Task An_actor_system_that_cannot_be_made_again_is_tried_again_until_it_can()
    {
        int failures = 0;
        var log = new LogLines();
        var faults = new StoreFaults();
        await RunAsync("retry.first = 10ms", log, faults, async node =>
        {
            ActorSystem first = node.System!;
            faults.Of = call => call is "get_JournalConnection" && failures++ < 3 ? new InvalidOperationException("no journal now") : null;

            await first.Terminate();

            await UntilServingAsync(node, system => system is not null && system != first);
        });

        failures.ShouldBeGreaterThan(3);
        log.Lines.Count(line => line.StartsWith("The actor system ended (try ", StringComparison.Ordinal)).ShouldBe(4);
    }

    [Fact]
    public async Task A_first_actor_system_that_cannot_be_made_ends_the_node_with_what_is_wrong()
    {
        var faults = new StoreFaults { Of = call => call is "get_JournalConnection" ? new InvalidOperationException("no journal at all") : null };

        InvalidOperationException error = await Should.ThrowAsync<InvalidOperationException>(
            () => RunAsync("", new LogLines(), faults, _ => Task.CompletedTask).WaitAsync(TimeSpan.FromSeconds(60)));

        error.Message.ShouldBe("no journal at all");
    }

    [Fact]
    public async Task A_store_that_cannot_be_used_any_more_ends_the_node_when_it_starts_anew()
    {
        var faults = new StoreFaults();

        StoreException error = await Should.ThrowAsync<StoreException>(() => RunAsync("", new LogLines(), faults, async node =>
        {
            faults.Of = call => call is nameof(IStore.MigrateAsync) ? new StoreException("newer than this program") : null;
            await node.System!.Terminate();
            await Task.Delay(Timeout.InfiniteTimeSpan);
        }).WaitAsync(TimeSpan.FromSeconds(60)));

        error.Message.ShouldBe("newer than this program");
    }

    [Fact]
    public async Task Partitions_are_kept_running_no_longer_when_they_are_to_be_handed_off()
    {
        var log = new LogLines();
        await RunAsync("sharding.keep-running-interval = 100ms", log, async node =>
        {
            ActorSelection keeper = node.System!.ActorSelection("/user/partition-keeper");
            (await keeper.Ask<ActorIdentity>(new Identify(0), TimeSpan.FromSeconds(10))).Subject.ShouldNotBeNull();
        });

        // A message that comes for a Partition which was handed off keeps the region waiting.
        log.Lines.ShouldContain(line => line.Contains("Stopped: all that was taken", StringComparison.Ordinal));
        log.Lines.ShouldNotContain(line => line.Contains("Graceful shutdown of shard region timed out", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Readiness_keeps_its_shape_and_names_each_check()
    {
        await using TestNode node = await TestNode.StartAsync();

        using HttpResponseMessage live = await node.SendAsync("GET", "/health/live");
        using HttpResponseMessage ready = await node.SendAsync("GET", "/health/ready");

        live.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await live.Content.ReadAsStringAsync()).ShouldBe("""{"status":"live"}""");
        ready.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        JsonElement report = JsonDocument.Parse(await ready.Content.ReadAsStringAsync()).RootElement;
        report.GetProperty("isReady").GetBoolean().ShouldBeFalse();
        report.GetProperty("lag").ValueKind.ShouldBe(JsonValueKind.Null, "nobody has looked");
        report.GetProperty("state").GetString().ShouldBe("not-ready");
        report.GetProperty("paused").GetArrayLength().ShouldBe(0);
        report.GetProperty("checks").EnumerateObject().Select(check => $"{check.Name}: {check.Value}").ShouldBe(
            ["node: the start has not begun", "broker: not connected yet", "store: ok", "business: ok", "lag: ok"], ignoreOrder: true);
    }

    private Task RunAsync(string settings, LogLines log, Func<ClusterNode, Task> test) => RunAsync(settings, log, new StoreFaults(), test);

    /// <summary>Runs a node whose broker is away until it owns its Partitions, and stops it in order. Fails where the node ends before.</summary>
    private async Task RunAsync(string settings, LogLines log, StoreFaults faults, Func<ClusterNode, Task> test)
    {
        HostSettings bound = Bind($$"""
            dataload { http.urls = "", amqp { url = "amqp://guest:guest@127.0.0.1:1/", connect-timeout = 100ms }, store.connection = "{{_directory}}/dataload.db", {{settings}} }
            """);
        IHost host = NodeHost.Build(bound, services => services
            .AddLogging(logging => logging.AddProvider(log))
            .AddSingleton(_ => faults.Before(Databases.OpenStore(bound.Store, "node"))));
        ClusterNode node = host.Services.GetRequiredService<ClusterNode>();
        using var stop = new CancellationTokenSource();
        Task running = NodeHost.RunAsync(host, stop.Token);
        Task testing = TestAsync();
        await await Task.WhenAny(testing, running);
        await testing;
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(60));

        async Task TestAsync()
        {
            await UntilServingAsync(node, system => system is not null);
            await test(node);
        }
    }

    private static async Task UntilServingAsync(ClusterNode node, Func<ActorSystem?, bool> which)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!which(node.System) || node.Registry.Partitions is not { Count: > 0 } partitions || partitions.Any(partition => partition.Phase != PartitionPhase.Serving))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private HostSettings Bind(string text)
    {
        string file = Path.Combine(_directory, "bound.conf");
        File.WriteAllText(file, text);
        return SettingsBinder.Bind(SettingsLoader.Load([file], HoconText.NoEnvironment), Catalog.Default);
    }

    /// <summary>Has calls of a store fail in their place.</summary>
    private sealed class StoreFaults
    {
        /// <summary>What a call, by its member's name, fails with; null where it is to be made.</summary>
        public Func<string, Exception?> Of { get; set; } = _ => null;

        public IStore Before(IStore store)
        {
            IStore proxy = DispatchProxy.Create<IStore, Proxy>();
            (((Proxy)proxy).Store, ((Proxy)proxy).Faults) = (store, this);
            return proxy;
        }

        private class Proxy : DispatchProxy
        {
            public IStore Store { get; set; } = null!;

            public StoreFaults Faults { get; set; } = null!;

            protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
                Faults.Of(targetMethod!.Name) is { } fault ? throw fault : targetMethod.Invoke(Store, args);
        }
    }

    private sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly TaskCompletionSource _found = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private string? _text;

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(formatter(state, exception));
                Look();
            }
        }

        public Task WaitForAsync(string text)
        {
            lock (Lines)
            {
                _text = text;
                Look();
            }

            return _found.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        public void Dispose()
        {
        }

        private void Look()
        {
            if (_text is not null && Lines.Any(line => line.Contains(_text, StringComparison.Ordinal)))
            {
                _found.TrySetResult();
            }
        }
    }
}
