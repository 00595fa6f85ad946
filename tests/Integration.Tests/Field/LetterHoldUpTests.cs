using System.Net;
using DataLoad.Demo;
using DataLoad.Integration.Tests.EndToEnd;
using DataLoad.Streams.Amqp;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.Field;

/// <summary>One dead letter never holds up another message: what cannot be published waits in the store, named by readiness, and comes when it can.</summary>
public sealed class LetterHoldUpTests
{
    private const string DeadLetters = "dataload.dead";
    private const string NoSession = """{"topicType":"activity","topicId":7}""";
    private const string Soon = "intake { dead-letter-patience = 2s, dead-letter-retry-first = 500ms, dead-letter-retry-limit = 1s }";

    [Fact]
    public Task A_full_queue_that_rejects_holds_up_only_what_does_not_fit() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Soon;
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        string vhost = new Uri(scenario.Amqp).AbsolutePath[1..];
        await Servers.RabbitMqCtlAsync("set_policy", "-p", vhost, "full", "dataload.dead", """{"max-length":2,"overflow":"reject-publish"}""");
        HostProcess host = await scenario.StartHostAsync();
        for (int i = 0; i < 5; i++)
        {
            await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        }

        await CountsOnAsync(host, broker);
        await host.WaitUntilNotReadyAsync("3 dead letters wait to be published");
        await host.WaitForMetricAsync("dataload_dead_letters_set_aside", 3);
        CommandProcess list = await CommandProcess.RunAsync("", "dead", "list", "--address", host.Http.ToString());
        list.Output.ShouldContain("Waiting to be published");
        list.Output.Split('\n').Count(line => line.Contains("act.share", StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(2, list.Output);
        (await broker.CountAsync(ContractStreams.ActShare.Queue)).ShouldBe(0);

        await Servers.RabbitMqCtlAsync("clear_policy", "-p", vhost, "full");
        await broker.WaitForAsync(DeadLetters, 5);
        await ReadyAsync(host);
    });

    [Fact]
    public Task A_queue_an_exchange_or_a_binding_of_dead_letters_that_goes_is_made_again() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Soon;
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        await broker.DeleteQueueAsync(DeadLetters);
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await broker.WaitForAsync(DeadLetters, 1);
        await broker.DeleteExchangeAsync(DeadLetters);
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await broker.WaitForAsync(DeadLetters, 2);
        await broker.UnbindAsync(DeadLetters, DeadLetters, DeadLetters);
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await broker.WaitForAsync(DeadLetters, 3);
        await CountsOnAsync(host, broker);
        await ReadyAsync(host);
    });

    [Theory]
    [InlineData("direct")]
    [InlineData("topic")]
    [InlineData("headers")]
    public Task An_exchange_of_dead_letters_of_another_type_serves_as_well(string type) => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Soon;
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        await broker.DeclareExchangeAsync(DeadLetters, type);
        HostProcess host = await scenario.StartHostAsync();
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await broker.WaitForAsync(DeadLetters, 1);
        await CountsOnAsync(host, broker);
        await ReadyAsync(host);
    });

    [Fact]
    public Task Rights_that_are_taken_away_hold_up_dead_letters_alone() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Soon;
        HostProcess host = await scenario.StartHostAsync();
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        var url = new Uri(scenario.Amqp);
        (string vhost, string user) = (url.AbsolutePath[1..], url.UserInfo.Split(':')[0]);
        await Servers.RabbitMqCtlAsync("set_permissions", "-p", vhost, user, ".*", "^(?!dataload).*", ".*");
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await host.WaitUntilNotReadyAsync("1 dead letters wait to be published");
        await host.WaitUntilNotReadyAsync("ACCESS_REFUSED");
        await CountsOnAsync(host, broker);
        CommandProcess check = await CommandProcess.RunOverAsync(scenario.Config, "check");
        check.ExitCode.ShouldBe(1, check.Said);
        check.Output.ShouldContain($"user '{user}' may not publish to exchange {DeadLetters}");
        await Servers.RabbitMqCtlAsync("set_permissions", "-p", vhost, user, ".*", ".*", ".*");
        await broker.WaitForAsync(DeadLetters, 1);
        await ReadyAsync(host);

        // Whoever looks leaves nothing there.
        (await CommandProcess.RunOverAsync(scenario.Config, "check")).ExitCode.ShouldBe(0);
        (await broker.PeekAsync(DeadLetters)).ShouldHaveSingleItem().Body.ShouldBe(System.Text.Encoding.UTF8.GetBytes(NoSession));
    });

    [Fact]
    public Task Letters_that_wait_survive_a_crash() => Scenario.RunAsync(StoreKind.Sqlite, async scenario =>
    {
        scenario.Settings = Soon;
        await using RawBroker broker = await RawBroker.OpenAsync(scenario.Amqp);
        await broker.DeclareAsync(DeadLetters, ("x-max-length", 0), ("x-overflow", "reject-publish"));
        HostProcess host = await scenario.StartHostAsync();
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, NoSession);
        await host.WaitUntilNotReadyAsync("1 dead letters wait to be published");
        await Deadline.UntilAsync("the letter to be stored", async () => (await host.ReadAsync("/dead-letters?maxAge=0")).GetProperty("waiting").GetArrayLength() == 1);
        await host.KillAsync();
        await broker.DeleteQueueAsync(DeadLetters);
        host = await scenario.StartHostAsync();
        await broker.WaitForAsync(DeadLetters, 1);
        (await broker.PeekAsync(DeadLetters)).ShouldHaveSingleItem().Body.ShouldBe(System.Text.Encoding.UTF8.GetBytes(NoSession));
        await ReadyAsync(host);
    });

    /// <summary>Publishes an event of another stream and one of the same, which count.</summary>
    private static async Task CountsOnAsync(HostProcess host, RawBroker broker)
    {
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        string good = $$"""{"sessionStr":"s","topicType":"activity","topicId":7,"wuId":5,"ctime":{{now}}}""";
        await broker.PublishAsync(ContractStreams.ActShare.Exchange, "", RawBroker.Json, good);
        await broker.PublishAsync(ContractStreams.BearShare.Exchange, "", RawBroker.Json, good);
        await host.WaitForMetricAsync("dataload_events_total", 2);
    }

    private static Task ReadyAsync(HostProcess host) =>
        Deadline.UntilAsync("ready again", async () => (await host.GetAsync("/health/ready")).Status == HttpStatusCode.OK);
}
