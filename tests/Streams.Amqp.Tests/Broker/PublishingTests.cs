using DataLoad.Streams.Amqp.Tests.Messages;
using DataLoad.Streams.Amqp.Tests.Support;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>Publishing to a real RabbitMQ what it refuses, one message beside others that it takes.</summary>
public sealed class PublishingTests : StreamTest
{
    [Fact]
    public async Task A_message_without_a_queue_is_returned_and_those_beside_it_are_confirmed()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        await vhost.Admin.ExchangeDeclareAsync("nowhere", ExchangeType.Fanout);
        PublishResult<int>[] results = await vhost.PublishAsync(Materializer, settings: null, To("q"), To("nowhere"), To("q"), To("nowhere", [1, 2]), To("q"));

        results.Select(result => (result.Outcome, result.Code)).ShouldBe(
        [
            (PublishOutcome.Confirmed, 0), (PublishOutcome.Returned, 312), (PublishOutcome.Confirmed, 0), (PublishOutcome.Returned, 312),
            (PublishOutcome.Confirmed, 0),
        ]);
    }

    [Fact]
    public async Task A_full_queue_that_rejects_nacks()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q", ("x-max-length", 2), ("x-overflow", "reject-publish"));
        PublishResult<int>[] results = await vhost.PublishAsync(Materializer, new AmqpPublishSettings { MaxInFlight = 1 }, To("q"), To("q"), To("q"));

        results.Select(result => result.Outcome).ShouldBe([PublishOutcome.Confirmed, PublishOutcome.Confirmed, PublishOutcome.Nacked]);
    }

    public static TheoryData<string, int> Refusals => new()
    {
        { "a missing exchange", 404 },
        { "another's user id", 406 },
        { "an expiration that is no number", 406 },
        { "a CC header that is no list", 406 },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_message_that_the_broker_closes_the_channel_over_is_refused_alone_when_the_lost_ones_are_repeated(string what, int code)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        AmqpMessage bad = what switch
        {
            "a missing exchange" => To("no such exchange"),
            "another's user id" => To("q", properties: default(AmqpProperties).With(AmqpProperty.UserId, "somebody"u8)),
            "an expiration that is no number" => To("q", properties: default(AmqpProperties).With(AmqpProperty.Expiration, "soon"u8)),
            _ => To("q", properties: default(AmqpProperties).WithHeader("CC"u8, "other"u8)),
        };
        AmqpMessage[] messages = [.. Enumerable.Range(0, 20).Select(i => i == 7 ? bad : To("q", [(byte)i]))];
        var outcomes = new PublishOutcome?[20];
        AmqpPublishSettings settings = new() { MaxInFlight = 20 };
        PublishResult<int>[] results = await vhost.PublishAsync(Materializer, settings, [.. messages, .. messages]);
        foreach (PublishResult<int> result in results.Where(result => result.Outcome != PublishOutcome.ConnectionLost))
        {
            outcomes[result.Request.Context % 20] = result.Outcome;
            result.Code.ShouldBe(result.Outcome == PublishOutcome.Refused ? code : 0);
        }

        results.Count(result => result.Outcome == PublishOutcome.ConnectionLost).ShouldBeLessThanOrEqualTo(20, "each is lost once at most");

        outcomes.ShouldBe(Enumerable.Range(0, 20).Select(i => (PublishOutcome?)(i == 7 ? PublishOutcome.Refused : PublishOutcome.Confirmed)));
    }

    [Fact]
    public async Task Headers_that_no_frame_holds_are_too_large_and_cost_the_others_nothing()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        AmqpProperties large = AmqpPropertiesTests.WithHeaders([.. Enumerable.Range(0, 128).Select(i =>
            AmqpPropertiesTests.Entry($"{i:D3}", 'S', [0, 0, 0x03, 0xF5, .. new byte[1013]]))]);
        PublishResult<int>[] results = await vhost.PublishAsync(
            Materializer, settings: null, To("q"), To("q", properties: large), To("q", properties: large.WithHeader("reason"u8, new byte[300])), To("q"));

        results.Select(result => result.Outcome)
            .ShouldBe([PublishOutcome.Confirmed, PublishOutcome.Confirmed, PublishOutcome.TooLarge, PublishOutcome.Confirmed]);
        vhost.Connections.StateOf(AmqpConnectionRole.Publishing).IsConnected.ShouldBeTrue();
    }

    private static AmqpMessage To(string exchange, byte[]? body = null, AmqpProperties properties = default) => new(exchange, "", properties, body ?? [7]);
}
