using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Streams.Amqp.Tests.Support;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>Declaring at a real RabbitMQ what is there, what is there otherwise, and what vanishes.</summary>
public sealed class TopologyTests : StreamTest
{
    private static readonly AmqpTopologySettings Settings = new()
    {
        Exchanges = [new AmqpExchange("ex")],
        Queues = [new AmqpQueue("q")],
        Bindings = [new AmqpBinding("ex", "q")],
    };

    [Fact]
    public async Task What_is_not_there_is_declared_and_what_vanished_is_made_again()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        var topology = new AmqpTopology(vhost.Connections, Settings);
        States(await topology.EnsureAsync(default)).ShouldBe([TopologyState.Declared, TopologyState.Declared, TopologyState.Declared]);
        await vhost.Admin.BasicPublishAsync("ex", "", body: default);
        await Deadline.UntilAsync("it is in the queue", async () => (await topology.EnsureAsync(default))[1].Messages == 1);

        await vhost.Admin.ExchangeDeleteAsync("ex");
        States(await topology.EnsureAsync(default)).ShouldBe([TopologyState.MadeAgain, TopologyState.Declared, TopologyState.Declared]);
        await vhost.Admin.BasicPublishAsync("ex", "", body: default);
        await Deadline.UntilAsync("the binding is back", async () => (await topology.EnsureAsync(default))[1].Messages == 2);
        await vhost.Admin.QueueDeleteAsync("q");
        States(await topology.EnsureAsync(default)).ShouldBe([TopologyState.Declared, TopologyState.MadeAgain, TopologyState.Declared]);
    }

    [Fact]
    public async Task What_is_there_otherwise_is_used_as_it_is_and_named()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.Admin.ExchangeDeclareAsync("ex", ExchangeType.Topic, durable: true);
        await vhost.Admin.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false,
            arguments: new Dictionary<string, object?> { ["x-message-ttl"] = 5_000_000, ["x-queue-type"] = "quorum" });
        var topology = new AmqpTopology(vhost.Connections, Settings);
        for (int i = 0; i < 3; i++)
        {
            IReadOnlyList<TopologyFinding> findings = await topology.EnsureAsync(default);
            States(findings).ShouldBe([TopologyState.UsedAsIs, TopologyState.UsedAsIs, TopologyState.Declared]);
            findings[0].Text.ShouldContain("inequivalent arg 'type' for exchange 'ex'");
            findings.ShouldAllBe(finding => finding.IsUsable);
        }
    }

    public static TheoryData<string, Dictionary<string, object?>, bool> UnfitQueues => new()
    {
        { "a stream keeps", new Dictionary<string, object?> { ["x-queue-type"] = "stream" }, false },
        { "auto-deleted", new Dictionary<string, object?> { ["x-message-ttl"] = 5_000_000 }, true },
        { "drops messages when it is full",
            new Dictionary<string, object?> { ["x-message-ttl"] = 5_000_000, ["x-queue-type"] = "quorum", ["x-max-length"] = 5 }, false },
        { "drops messages when it is full", new Dictionary<string, object?> { ["x-max-length-bytes"] = 500, ["x-overflow"] = "drop-head" }, false },
    };

    [Theory]
    [MemberData(nameof(UnfitQueues))]
    public async Task A_queue_that_cannot_keep_the_promise_is_refused_by_name(string why, Dictionary<string, object?> arguments, bool autoDelete)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.Admin.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: autoDelete, arguments: arguments);
        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];

        (finding.Name, finding.State, finding.IsUsable).ShouldBe(("queue 'q'", TopologyState.Unfit, false));
        finding.Text.ShouldContain(why);
    }

    [Fact]
    public async Task A_queue_that_rejects_when_it_is_full_is_fit_and_an_exclusive_one_is_not()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q", ("x-max-length", 5), ("x-overflow", "reject-publish"));
        (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1].State.ShouldBe(TopologyState.UsedAsIs);
        await vhost.Admin.QueueDeleteAsync("q");
        await vhost.Admin.QueueDeclareAsync("q", durable: true, exclusive: true, autoDelete: false);

        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];
        finding.State.ShouldBe(TopologyState.Unfit);
        finding.Text.ShouldContain("exclusive");
    }

    [Fact]
    public async Task What_cannot_be_made_is_named_and_hides_nothing_else()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        AmqpTopologySettings settings = Settings with
        {
            Exchanges = [new AmqpExchange("amq.own"), new AmqpExchange("ex")],
            Bindings = [new AmqpBinding("nowhere", "q"), new AmqpBinding("ex", "q")],
        };
        IReadOnlyList<TopologyFinding> findings = await new AmqpTopology(vhost.Connections, settings).EnsureAsync(default);

        States(findings).ShouldBe([TopologyState.Missing, TopologyState.Declared, TopologyState.Declared, TopologyState.Missing, TopologyState.Declared]);
        findings[0].Name.ShouldBe("exchange 'amq.own'");
        findings[0].Text.ShouldContain("give the user the right to");
        findings[3].Text.ShouldContain("no exchange 'nowhere'");
    }

    [Fact]
    public async Task An_exchange_type_that_the_broker_does_not_know_ends_the_declaring_connection_alone()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        IAmqpConnection consuming = await vhost.Connections.GetAsync(AmqpConnectionRole.Consuming, default);
        AmqpTopologySettings settings = Settings with { Exchanges = [new AmqpExchange("late", "x-delayed-message")] };
        IReadOnlyList<TopologyFinding> findings = await new AmqpTopology(vhost.Connections, settings).EnsureAsync(default);

        findings[0].State.ShouldBe(TopologyState.Unknown);
        findings[0].Text.ShouldContain("x-delayed-message");
        consuming.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Watching_finds_again_and_again_and_a_broker_that_is_away_is_unknown()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        (ICancelable cancel, ISinkQueue<IReadOnlyList<TopologyFinding>> queue) = new AmqpTopology(vhost.Connections, Settings)
            .Watch(TimeSpan.FromMilliseconds(100))
            .ToMaterialized(Sink.Queue<IReadOnlyList<TopologyFinding>>(), Keep.Both).Run(Materializer);
        States((await queue.PullAsync().WaitAsync(Patience)).Value).ShouldBe([TopologyState.Declared, TopologyState.Declared, TopologyState.Declared]);
        await Deadline.UntilAsync("it is made again", async () =>
        {
            // Again and again: one that is deleted between asking for it and declaring it is declared without anybody knowing that it was gone.
            await vhost.Admin.QueueDeleteAsync("q");
            return (await queue.PullAsync()).Value[1].State == TopologyState.MadeAgain;
        });
        cancel.Cancel();

        AmqpConnectionSettings nowhere = AmqpConnectionSettings.Parse("amqp://127.0.0.1:1");
        await using var connections = new AmqpConnections(nowhere);
        IReadOnlyList<TopologyFinding> findings = await new AmqpTopology(connections, Settings).EnsureAsync(default);
        findings.ShouldAllBe(finding => finding.State == TopologyState.Unknown && finding.Text.Contains("127.0.0.1:1", StringComparison.Ordinal));
        findings.Count.ShouldBe(3);
    }

    private static TopologyState[] States(IEnumerable<TopologyFinding> findings) => [.. findings.Select(finding => finding.State)];
}
