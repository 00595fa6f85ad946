using System.Collections.Concurrent;
using System.Text;
using Akka;
using Akka.Streams.Dsl;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>What needs a RabbitMQ of one's own: its death, its limits and its alarms.</summary>
public sealed class OwnServerTests : StreamTest
{
    [Fact]
    public async Task Deliveries_go_on_after_the_broker_was_killed_and_none_that_was_confirmed_is_lost()
    {
        await using OwnServer server = await OwnServer.StartRabbitMqAsync();
        var dead = new UriBuilder(server.Url) { Port = 1 };
        string urls = $"{dead.Uri.ToString().TrimEnd('/')},{server.Url}";
        await using (TestVhost vhost = await TestVhost.OpenAsync(server.Url))
        {
            await vhost.QueueAsync("q");

            // A broker that is killed within seconds of a declaration may not know it any more.
            await server.ControlAsync("eval", "mnesia:sync_log().");
        }

        await using var connections = new AmqpConnections(AmqpConnectionSettings.Parse(urls) with { RedialInterval = TimeSpan.FromMilliseconds(100) });
        var confirmed = new ConcurrentQueue<int>();
        var failures = new ConcurrentQueue<PublishResult<int>>();
        var seen = new ConcurrentDictionary<int, int>();
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMilliseconds(100), MaxBackoff = TimeSpan.FromSeconds(1) };
        (IAmqpConsumerControl control, Task<Done> done) = AmqpSource.Restarting(connections, new AmqpSourceSettings("q"), restart)
            .ToMaterialized(
                Sink.ForEach<DeliveryBatch>(batch =>
                {
                    foreach (Delivery delivery in batch)
                    {
                        seen.AddOrUpdate(int.Parse(Encoding.UTF8.GetString(delivery.Body.Span), null), 1, (_, times) => times + 1);
                    }

                    batch.Release();
                    batch.Committer.CompleteAll();
                }),
                Keep.Both)
            .Run(Materializer);
        AmqpPublishSettings publish = new() { ConfirmTimeout = TimeSpan.FromSeconds(60), MaxBackoff = TimeSpan.FromSeconds(1) };
        AmqpProperties persistent = default(AmqpProperties).With(AmqpProperty.DeliveryMode, [2]);
        Task<Done> publishing = Source.From(Enumerable.Range(0, 3000))
            .Throttle(500, TimeSpan.FromSeconds(1), 50, Akka.Streams.ThrottleMode.Shaping)
            .Select(i => new PublishRequest<int>(new AmqpMessage("q", "", persistent, Encoding.UTF8.GetBytes($"{i}")), i))
            .Via(AmqpFlow.Publish<int>(connections, publish))
            .RunWith(
                Sink.ForEach<PublishResult<int>>(result =>
                {
                    if (result.IsConfirmed)
                    {
                        confirmed.Enqueue(result.Request.Context);
                    }
                    else
                    {
                        failures.Enqueue(result);
                    }
                }),
                Materializer);
        await Deadline.UntilAsync("some came", () => seen.Count > 300);
        connections.StateOf(AmqpConnectionRole.Consuming).Endpoint!.Port.ShouldBe(new Uri(server.Url).Port, "the second host of the list");
        await server.KillAsync();
        await Deadline.UntilAsync("the loss is shown", () => control.Status is { IsConsuming: false, Error: not null });
        await server.StartAsync();
        await publishing.WaitAsync(Deadline.Usual);
        await Deadline.UntilAsync("all that was confirmed came", () => confirmed.All(seen.ContainsKey));
        failures.Count.ShouldBeLessThanOrEqualTo(256, failures.LastOrDefault().ToString());
        failures.ShouldAllBe(result => result.Outcome == PublishOutcome.ConnectionLost);

        await control.StopTaking();
        (await control.Drained.WaitAsync(Patience)).ShouldBe(0);
        await done.WaitAsync(Patience);
    }

    [Fact]
    public async Task The_brokers_size_limit_and_its_alarms_are_results_and_seen()
    {
        await using OwnServer server = await OwnServer.StartRabbitMqAsync();
        await server.ControlAsync("eval", "application:set_env(rabbit, max_message_size, 1048576), persistent_term:erase(max_message_size).");
        await using TestVhost vhost = await TestVhost.OpenAsync(server.Url);
        await vhost.QueueAsync("q");
        PublishResult<int>[] results = await vhost.PublishAsync(Materializer, new AmqpPublishSettings { MaxInFlight = 1 }, To(10), To(2 * 1024 * 1024), To(10));
        results.Select(result => result.Outcome).ShouldBe([PublishOutcome.Confirmed, PublishOutcome.TooLarge, PublishOutcome.Confirmed]);

        await server.ControlAsync("set_vm_memory_high_watermark", "0");
        AmqpPublishSettings impatient = new() { ConfirmTimeout = TimeSpan.FromSeconds(3) };
        results = await vhost.PublishAsync(Materializer, impatient, To(1), To(2), To(3));
        results.ShouldAllBe(result => result.Outcome == PublishOutcome.TimedOut);
        results.ShouldContain(result => result.Text.Contains("blocks publishing: low on memory", StringComparison.Ordinal));
        vhost.Connections.StateOf(AmqpConnectionRole.Publishing).Blocked.ShouldNotBeNull().ShouldContain("memory");
        vhost.Connections.StateOf(AmqpConnectionRole.Publishing).IsConnected.ShouldBeTrue();

        await server.ControlAsync("set_vm_memory_high_watermark", "0.4");
        await Deadline.UntilAsync("the alarm is over", () => vhost.Connections.StateOf(AmqpConnectionRole.Publishing).Blocked is null);
        (await vhost.PublishAsync(Materializer, settings: null, To(4))).Single().Outcome.ShouldBe(PublishOutcome.Confirmed);
    }

    private static AmqpMessage To(int bytes) => new("q", "", default, new byte[bytes]);
}
