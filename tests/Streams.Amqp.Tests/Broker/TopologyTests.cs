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
            arguments: new Dictionary<string, object?> { ["x-single-active-consumer"] = true, ["x-queue-type"] = "quorum" });
        var topology = new AmqpTopology(vhost.Connections, Settings);
        for (int i = 0; i < 3; i++)
        {
            IReadOnlyList<TopologyFinding> findings = await topology.EnsureAsync(default);
            States(findings).ShouldBe([TopologyState.UsedAsIs, TopologyState.UsedAsIs, TopologyState.Declared]);
            findings[0].Text.ShouldContain("inequivalent arg 'type' for exchange 'ex'");
            findings.ShouldAllBe(finding => finding.IsUsable);
            findings[1].CountsDeliveries.ShouldBe(true);
        }
    }

    public static TheoryData<string, Dictionary<string, object?>, bool, bool> UnfitQueues => new()
    {
        { "a stream keeps", Arguments(("x-queue-type", "stream")), true, false },
        { "auto-deleted", Arguments(("x-max-priority", 5)), true, true },
        { "is full (x-max-length = 5)", Arguments(("x-delivery-limit", 9), ("x-queue-type", "quorum"), ("x-max-length", 5)), true, false },
        { "drops messages when it is full (x-max-length-bytes = 500)", Arguments(("x-max-length-bytes", 500), ("x-overflow", "drop-head")), true, false },
        { "deletes itself when nobody has consumed it", Arguments(("x-expires", 86_400_000)), true, false },
        { "drops a message that was given back once", Arguments(("x-queue-type", "quorum"), ("x-delivery-limit", 0)), true, false },
        { "drops a message that was given back 3 times", Arguments(("x-queue-type", "quorum"), ("x-delivery-limit", 2)), true, false },

        // What is asked for before: values that look like numbers, hold quotes, or are longer than what a broker quotes.
        { "deletes itself", Arguments(("x-dead-letter-exchange", "12345"), ("x-expires", 86_400_000)), true, false },
        { "deletes itself", Arguments(("x-dead-letter-exchange", "it's of type 'bool'"), ("x-expires", 86_400_000)), true, false },
        { "deletes itself", Arguments(("x-dead-letter-exchange", "é'\n"), ("x-expires", 86_400_000)), true, false },
    };

    [Theory]
    [MemberData(nameof(UnfitQueues))]
    public async Task A_queue_that_cannot_keep_the_promise_is_refused_by_name_with_what_to_do(
        string why, Dictionary<string, object?> arguments, bool durable, bool autoDelete)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.Admin.QueueDeclareAsync("q", durable: durable, exclusive: false, autoDelete: autoDelete, arguments: arguments);
        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];

        (finding.Name, finding.State, finding.IsUsable).ShouldBe(("queue 'q'", TopologyState.Unfit, false));
        finding.Text.ShouldContain(why);
        finding.Text.ShouldContain("declare it anew");
    }

    public static TheoryData<string, Dictionary<string, object?>, bool> RiskyQueues => new()
    {
        { "not durable", Arguments(("x-queue-mode", "lazy")), false },
        { "drops messages that have waited for so long (x-message-ttl = 5000000)", Arguments(("x-message-ttl", 5_000_000)), true },
        { "drops messages that have waited for so long (x-message-ttl = 5000000)", Arguments(("x-message-ttl", 5_000_000L), ("x-queue-type", "quorum")), true },
    };

    [Theory]
    [MemberData(nameof(RiskyQueues))]
    public async Task A_queue_that_may_be_meant_to_lose_messages_is_used_and_it_is_said(string why, Dictionary<string, object?> arguments, bool durable)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.Admin.QueueDeclareAsync("q", durable: durable, exclusive: false, autoDelete: false, arguments: arguments);
        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];

        (finding.State, finding.IsUsable).ShouldBe((TopologyState.UsedAsIs, true));
        finding.Text.ShouldContain(why);
        finding.Text.ShouldContain("declare it anew");
    }

    public static TheoryData<Dictionary<string, object?>> FitQueues => new()
    {
        Arguments(("x-queue-type", "quorum"), ("x-delivery-limit", 3)),
        Arguments(("x-queue-type", "quorum"), ("x-quorum-initial-group-size", 1)),
        Arguments(("x-max-length", 5), ("x-overflow", "reject-publish")),
        Arguments(("x-max-length", 5), ("x-overflow", "reject-publish-dlx"), ("x-dead-letter-exchange", "elsewhere")),
        Arguments(("x-dead-letter-exchange", "elsewhere"), ("x-dead-letter-routing-key", "k")),
        Arguments(("x-single-active-consumer", true)),
        Arguments(("x-max-priority", 10), ("x-queue-mode", "lazy")),
        Arguments(("x-queue-master-locator", "client-local"), ("x-unknown", "y")),
    };

    [Theory]
    [MemberData(nameof(FitQueues))]
    public async Task A_queue_that_keeps_the_promise_otherwise_is_used(Dictionary<string, object?> arguments)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.Admin.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false, arguments: arguments);
        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];

        finding.IsUsable.ShouldBeTrue(finding.Text);
        finding.Text.ShouldNotContain("cannot be seen");
        finding.CountsDeliveries.ShouldBe(arguments.ContainsKey("x-queue-type"));
    }

    [Fact]
    public async Task A_queue_whose_difference_is_longer_than_what_a_broker_quotes_is_used_and_it_is_said_that_not_all_is_seen()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q", ("x-dead-letter-routing-key", new string('k', 200)), ("x-dead-letter-exchange", "elsewhere"));
        TopologyFinding finding = (await new AmqpTopology(vhost.Connections, Settings).EnsureAsync(default))[1];

        finding.State.ShouldBe(TopologyState.UsedAsIs);
        finding.Text.ShouldContain("whether it may lose messages cannot be seen");
        finding.CountsDeliveries.ShouldBeNull();
    }

    [Fact]
    public async Task A_queue_that_is_set_to_lose_messages_is_refused_and_not_made()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        AmqpTopologySettings settings = Settings with { Queues = [new AmqpQueue("q") { Arguments = Arguments(("x-expires", 86_400_000)) }], Bindings = [] };
        var topology = new AmqpTopology(vhost.Connections, settings);
        TopologyFinding absent = (await topology.EnsureAsync(default))[1];
        (absent.State, absent.Messages).ShouldBe((TopologyState.Unfit, null));
        absent.Text.ShouldContain("x-expires = 86400000");

        await vhost.Admin.QueueDeclareAsync("q", durable: true, exclusive: false, autoDelete: false,
            arguments: new Dictionary<string, object?> { ["x-expires"] = 86_400_000 });
        (await topology.EnsureAsync(default))[1].State.ShouldBe(TopologyState.Unfit);
    }

    [Fact]
    public async Task What_is_only_inspected_is_judged_and_not_made()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        var topology = new AmqpTopology(vhost.Connections, Settings);
        States(await topology.InspectAsync(default)).ShouldBe([TopologyState.Absent, TopologyState.Absent]);
        States(await topology.InspectAsync(default)).ShouldBe([TopologyState.Absent, TopologyState.Absent]);

        await vhost.Admin.ExchangeDeclareAsync("ex", ExchangeType.Fanout, durable: true);
        await vhost.QueueAsync("q", ("x-expires", 100_000));
        IReadOnlyList<TopologyFinding> findings = await topology.InspectAsync(default);
        States(findings).ShouldBe([TopologyState.Declared, TopologyState.Unfit]);
        findings[1].Text.ShouldContain("x-expires = 100000");
    }

    [Theory]
    [InlineData("topic", true, false)]
    [InlineData("headers", true, false)]
    [InlineData("fanout", false, false)]
    [InlineData("fanout", true, true)]
    public async Task An_exchange_that_is_declared_anew_otherwise_is_bound_again(string type, bool durable, bool autoDelete)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        AmqpTopologySettings settings = Settings with { Bindings = [new AmqpBinding("ex", "q"), new AmqpBinding("ex", "q", "#")] };
        var topology = new AmqpTopology(vhost.Connections, settings);
        await topology.EnsureAsync(default);
        await vhost.Admin.ExchangeDeleteAsync("ex");
        await vhost.Admin.ExchangeDeclareAsync("ex", type, durable, autoDelete);

        IReadOnlyList<TopologyFinding> findings = await topology.EnsureAsync(default);
        States(findings).ShouldBe([TopologyState.UsedAsIs, TopologyState.Declared, TopologyState.Declared, TopologyState.Declared]);
        await vhost.Admin.BasicPublishAsync("ex", "any.key", mandatory: true, new BasicProperties { Headers = Arguments(("x", "y")) }, body: default);
        await Deadline.UntilAsync("it is in the queue", async () => (await topology.EnsureAsync(default))[1].Messages == 1);
    }

    [Fact]
    public async Task An_exclusive_queue_of_somebody_else_is_refused_by_name()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
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

    private static Dictionary<string, object?> Arguments(params (string Name, object? Value)[] arguments) =>
        arguments.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);

    private static TopologyState[] States(IEnumerable<TopologyFinding> findings) => [.. findings.Select(finding => finding.State)];
}
