using System.Text.RegularExpressions;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Consuming: what bodies may take, and what the broker shows.</summary>
public sealed class ConsumingTests
{
    private static readonly Regex Name = new("dataload (consuming|declaring|publishing)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private const int HugeBytes = 12 * 1024 * 1024;
    private const int LargeBytes = 50 * 1024;

    [Fact]
    public Task Bodies_of_many_frames_that_take_more_than_may_be_held_hold_up_nothing_for_good() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Options = scenario.Options with { Seed = 81 };
        scenario.Settings = "intake { prefetch = 4, max-batch = 2 }";
        var host = await scenario.StartHostAsync();
        var huge = Enumerable.Range(0, 6).Select(i => new WireMessage(ContractStreams.ActShare, new byte[HugeBytes + i]) { ContentType = "application/json" })
            .ToList();
        huge.ForEach(_ => scenario.Tally.AddDead(ContractStreams.ActShare.Name));
        await scenario.PublishAsync(huge);
        await scenario.SendMixAsync(500);

        await scenario.ShouldBeExactAsync();
        host.HasExited.ShouldBeFalse();
        host.Log.ShouldNotContain("is not consumed any more");
        (await host.MetricsAsync()).Sum("dataload_streams_failing").ShouldBe(0);
    });

    [Fact]
    public Task A_stream_whose_query_fails_and_whose_bodies_take_more_than_they_may_holds_up_the_others_once_at_the_most() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = """
            intake.memory = 2MiB
            amqp.room-patience = 1s
            streams { "act.visit" { queries { user_record = "SELECT id FROM no_such_table WHERE id = ANY(@keys)" } } }
            """;
        HostProcess host = scenario.LaunchHost();
        await host.WaitForMetricAsync("dataload_broker_connected", 1);
        await scenario.PublishAsync([.. Enumerable.Range(1, 40).Select(i => Padded(ContractStreams.ActVisit, $$"""{"userRecordId":{{i}}}"""))]);
        await host.WaitForMetricAsync("dataload_streams_failing", 1);
        await host.WaitForLogAsync("Queue queue.data.load.act.date.visit.cnt is not consumed any more");

        for (int round = 1; round <= 3; round++)
        {
            await scenario.PublishAsync([.. Enumerable.Range(1, 20)
                .Select(i => Padded(ContractStreams.ActShare, $$"""{"sessionStr":"s-{{round}}-{{i}}","topicType":"ACTIVITY","topicId":9,"wuId":{{i}}}"""))]);
            await host.WaitForMetricAsync("dataload_events_total", 20 * round, "stream=\"act.share\"");
        }

        Regex.Count(host.Log, @"\] Queue queue\.data\.load\.act\.date\.visit\.cnt is not consumed any more", RegexOptions.None, TimeSpan.FromSeconds(1))
            .ShouldBe(1);
        host.HasExited.ShouldBeFalse();
    });

    [Fact]
    public Task The_broker_shows_what_each_connection_is_for() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        await scenario.StartHostAsync();
        var vhost = new Uri(scenario.Amqp).AbsolutePath[1..];
        var shown = "";
        await Deadline.UntilAsync("a connection for each purpose", async () =>
        {
            var lines = await Servers.RabbitMqCtlAsync("-s", "list_connections", "vhost", "client_properties");
            var names = lines.Split('\n').Where(line => line.StartsWith(vhost + "\t", StringComparison.Ordinal)).Select(line => Name.Match(line).Value)
                .Where(name => name.Length > 0);
            shown = string.Join(", ", names.Order(StringComparer.Ordinal));
            return shown.Contains("publishing", StringComparison.Ordinal);
        });
        shown.ShouldBe("dataload consuming, dataload declaring, dataload publishing");
    });

    private static WireMessage Padded(StreamInfo stream, string json) =>
        new(stream, System.Text.Encoding.UTF8.GetBytes(json.PadRight(LargeBytes))) { ContentType = "application/json" };
}
