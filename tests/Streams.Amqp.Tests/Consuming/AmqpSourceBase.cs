using System.Text;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using DataLoad.Streams.Amqp.Tests.Support;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

/// <summary>A source over a broker that does what the test says.</summary>
public abstract class AmqpSourceBase : StreamTest
{
    private protected AmqpSourceBase() => Connections = new AmqpConnections(new AmqpConnectionSettings { RedialInterval = TimeSpan.Zero }, connector: Broker);

    private protected static AmqpSourceSettings Settings => new("q") { Prefetch = 10, MaxBatch = 4, PausePatience = TimeSpan.FromSeconds(20) };

    private protected FakeConnector Broker { get; } = new();

    private protected AmqpConnections Connections { get; }

    /// <summary>The one that the source uses now.</summary>
    private protected FakeConnection? Connection { get; set; }

    private protected async Task<(IAmqpConsumerControl Control, TestSubscriber.Probe<DeliveryBatch> Probe, FakeChannel Channel)> StartAsync(
        bool restarting = false,
        AmqpSourceSettings? settings = null)
    {
        AmqpRestartSettings restart = new() { MinBackoff = TimeSpan.FromMilliseconds(10), MaxBackoff = TimeSpan.FromMilliseconds(20), RandomFactor = 0 };
        Source<DeliveryBatch, IAmqpConsumerControl> source = restarting
            ? AmqpSource.Restarting(Connections, settings ?? Settings, restart)
            : AmqpSource.CommittableBatches(Connections, settings ?? Settings);
        (IAmqpConsumerControl control, TestSubscriber.Probe<DeliveryBatch> probe) = source.ToMaterialized(this.SinkProbe<DeliveryBatch>(), Keep.Both)
            .Run(Materializer);
        Connection = await Broker.NextAsync();
        return (control, probe, await NextChannelAsync());
    }

    private protected async Task<FakeChannel> NextChannelAsync()
    {
        FakeChannel channel = await Connection!.NextAsync();
        await channel.Consuming;
        return channel;
    }

    private protected static string Bodies(DeliveryBatch batch) => string.Concat(batch.Select(delivery => Encoding.UTF8.GetString(delivery.Body.Span)));

    private protected static Task UntilAsync(Func<bool> condition) => Tests.Broker.Deadline.UntilAsync("the condition", condition, Patience);
}
