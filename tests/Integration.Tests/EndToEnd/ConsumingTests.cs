using System.Text.RegularExpressions;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Consuming by the engine's own reader, and by the client library.</summary>
public sealed class ConsumingTests
{
    private static readonly Regex Name = new("dataload (intake|topology)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private const int HugeBytes = 12 * 1024 * 1024;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Bodies_of_many_frames_that_take_more_than_may_be_held_hold_up_nothing_for_good(bool direct) => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 81 };
        scenario.Settings = "intake { prefetch = 4, max-batch = 2 }";
        scenario.ConsumeDirectly(direct);
        var host = await scenario.StartHostAsync();
        var huge = Enumerable.Range(0, 6).Select(i => new WireMessage(Streams.ActShare, new byte[HugeBytes + i]) { ContentType = "application/json" }).ToList();
        huge.ForEach(_ => scenario.Tally.AddDead(Streams.ActShare.Name));
        await scenario.PublishAsync(huge);
        await scenario.SendMixAsync(500);

        await scenario.ShouldBeExactAsync();
        host.HasExited.ShouldBeFalse();
        host.Log.ShouldNotContain("lost its channel");
        (await host.MetricsAsync()).Sum("dataload_streams_failing").ShouldBe(0);
    });

    [Theory]
    [InlineData(true, "dataload intake, dataload topology")]
    [InlineData(false, "dataload intake")]
    public Task The_broker_shows_what_each_connection_is_for(bool direct, string expected) => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.ConsumeDirectly(direct);
        await scenario.StartHostAsync();
        var vhost = new Uri(scenario.Amqp).AbsolutePath[1..];
        var lines = await Servers.RabbitMqCtlAsync("-s", "list_connections", "vhost", "client_properties");
        var names = lines.Split('\n').Where(line => line.StartsWith(vhost + "\t", StringComparison.Ordinal)).Select(line => Name.Match(line).Value).Where(name => name.Length > 0);

        string.Join(", ", names.Order(StringComparer.Ordinal)).ShouldBe(expected);
    });
}
