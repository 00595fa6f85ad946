using DataLoad.Streams.Amqp.Tests.Broker;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Connecting;

/// <summary>Which host is dialled, and how often.</summary>
public sealed class AmqpConnectionsTests
{
    private readonly FakeConnector _broker = new();

    [Fact]
    public async Task All_sources_share_one_connection_and_the_next_host_is_taken_when_one_falls()
    {
        var broker = new FakeConnector();
        broker.Down.Add("one");
        AmqpConnectionSettings settings = AmqpConnectionSettings.Parse("amqp://one,two,three") with { RedialInterval = TimeSpan.Zero };
        await using var connections = new AmqpConnections(settings, connector: broker);
        IAmqpConnection[] shared = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => connections.GetAsync(AmqpConnectionRole.Consuming, default)));
        shared.Distinct().Count().ShouldBe(1);
        connections.StateOf(AmqpConnectionRole.Consuming).Endpoint!.Host.ShouldBe("two");
        connections.StateOf(AmqpConnectionRole.Publishing).IsConnected.ShouldBeFalse();

        (await broker.NextAsync()).Lose("gone");
        await Deadline.UntilAsync("the connection to be lost", () => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
        connections.StateOf(AmqpConnectionRole.Consuming).Error.ShouldNotBeNull().ShouldContain("gone");
        await connections.GetAsync(AmqpConnectionRole.Consuming, default);
        broker.Dialled.ShouldBe(["one", "two", "three"]);

        broker.Down.UnionWith(["two", "three"]);
        (await broker.NextAsync()).Lose("gone");
        await Deadline.UntilAsync("the connection to be lost", () => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
        Exception error = await Should.ThrowAsync<AmqpException>(() => connections.GetAsync(AmqpConnectionRole.Consuming, default));
        error.Message.ShouldContain("one:5672 is down. two:5672 is down. three:5672 is down.");
    }

    [Fact]
    public async Task Hosts_are_dialled_no_more_often_than_the_interval_however_many_ask()
    {
        var time = new ManualTime();
        _broker.Down.Add("127.0.0.1");
        await using var connections = new AmqpConnections(new AmqpConnectionSettings(), time, _broker);
        for (int i = 0; i < 10; i++)
        {
            await Should.ThrowAsync<AmqpException>(() => connections.GetAsync(AmqpConnectionRole.Consuming, default));
        }

        _broker.Dialled.Count.ShouldBe(1);
        _broker.Down.Clear();
        time.Advance(TimeSpan.FromSeconds(1));
        await connections.GetAsync(AmqpConnectionRole.Consuming, default);
    }

    [Fact]
    public async Task A_broker_that_drops_each_connection_at_once_is_dialled_ever_more_seldom_until_one_lasts_for_seconds()
    {
        var time = new ManualTime();
        await using var connections = new AmqpConnections(new AmqpConnectionSettings(), time, _broker);
        int inFirstMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(100));
        inFirstMinute.ShouldBeInRange(7, 10);
        int inSecondMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(4900));
        inSecondMinute.ShouldBeInRange(5, 7);

        // The first that lasts takes the waits back to the first one.
        int inThirdMinute = await DialForAMinuteAsync(lasting: TimeSpan.FromMilliseconds(5100));
        inThirdMinute.ShouldBeInRange(10, 12);

        async Task<int> DialForAMinuteAsync(TimeSpan lasting)
        {
            int before = _broker.Dialled.Count;
            for (long end = time.NowMs + 60_000; time.NowMs < end;)
            {
                try
                {
                    await connections.GetAsync(AmqpConnectionRole.Consuming, default);
                    FakeConnection connection = await _broker.NextAsync();
                    time.Advance(lasting);
                    connection.Lose("FRAME_ERROR", code: 501);
                    await Deadline.UntilAsync("the connection to be lost", () => !connections.StateOf(AmqpConnectionRole.Consuming).IsConnected);
                }
                catch (AmqpException)
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                }
            }

            return _broker.Dialled.Count - before;
        }
    }
}
