using System.Text;
using Akka.Streams.Dsl;
using Akka.Streams.TestKit;
using DataLoad.Streams.Amqp.Tests.Support;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Publishing;

/// <summary>What the publishing flow promises, with a broker that does what the test says.</summary>
public sealed class PublishFlowTests : StreamTest
{
    private static readonly AmqpPublishSettings Settings = new()
    {
        MaxInFlight = 8,
        ConfirmTimeout = TimeSpan.FromSeconds(20),
        MinBackoff = TimeSpan.FromMilliseconds(10),
        MaxBackoff = TimeSpan.FromMilliseconds(20),
    };

    private readonly FakeConnector _broker = new();
    private readonly AmqpConnections _connections;

    public PublishFlowTests() => _connections = new AmqpConnections(new AmqpConnectionSettings { RedialInterval = TimeSpan.Zero }, connector: _broker);

    [Fact]
    public async Task Results_come_as_the_broker_says_them_and_not_in_the_order_of_the_requests()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        Send(requests, "a", "b", "c", "d");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        await PublishedAsync(channel, 4);

        channel.Confirms!.Confirmed(3, multiple: false);
        channel.Confirms.Nacked(2, multiple: true);
        channel.Confirms.Confirmed(4, multiple: true);
        await ExpectAsync(results, "c Confirmed", "a Nacked", "b Nacked", "d Confirmed");
    }

    [Fact]
    public async Task A_message_that_no_queue_takes_is_returned_and_its_confirm_is_none()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        Send(requests, "a", "b", "b", "c", "c");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        AmqpMessage[] messages = await PublishedAsync(channel, 5);

        channel.Return(messages[1]);
        channel.Return(messages[3], default(AmqpProperties).With(AmqpProperty.AppId, "BCC was here"u8));
        channel.Confirms!.Confirmed(5, multiple: true);
        await ExpectAsync(results, "a Confirmed", "b Returned", "b Confirmed", "c Returned", "c Confirmed");
    }

    [Fact]
    public async Task What_is_returned_and_cannot_be_told_apart_counts_as_returned()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        Send(requests, "a", "b");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        AmqpMessage[] messages = await PublishedAsync(channel, 2);

        channel.Return(messages[0] with { Body = "changed"u8.ToArray() });
        channel.Confirms!.Confirmed(2, multiple: true);
        await ExpectAsync(results, "a Returned", "b Returned");
    }

    [Fact]
    public async Task A_channel_that_is_closed_over_one_message_loses_all_and_then_they_go_one_by_one_until_the_one_at_fault_is_known()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(99);
        Send(requests, "a", "bad", "c");
        FakeConnection connection = await _broker.NextAsync();
        FakeChannel channel = await connection.NextAsync();
        await PublishedAsync(channel, 3);
        channel.Close(406, "PRECONDITION_FAILED - invalid expiration");
        await ExpectAsync(results, "a ConnectionLost", "bad ConnectionLost", "c ConnectionLost");

        Send(requests, "d", "e", "a", "bad", "f", "c", "g");
        channel = await connection.NextAsync();
        await PublishedAsync(channel, 2);
        channel.Published.ShouldBe(2);
        channel.Confirms!.Confirmed(2, multiple: true);
        await ExpectAsync(results, "d Confirmed", "e Confirmed");
        await PublishedAsync(channel, 1);
        channel.Published.ShouldBe(3);
        channel.Confirms.Confirmed(3, multiple: false);
        await ExpectAsync(results, "a Confirmed");
        await PublishedAsync(channel, 1);
        channel.Published.ShouldBe(4);
        channel.Close(406, "PRECONDITION_FAILED - invalid expiration");
        await ExpectAsync(results, "bad Refused 406");
        channel = await connection.NextAsync();
        await PublishedAsync(channel, 1);
        channel.Published.ShouldBe(1);
        channel.Confirms!.Confirmed(1, multiple: false);
        await ExpectAsync(results, "f Confirmed");
        await PublishedAsync(channel, 1);
        channel.Published.ShouldBe(2);
        channel.Confirms.Confirmed(2, multiple: false);
        await ExpectAsync(results, "c Confirmed");
        await PublishedAsync(channel, 1);
        channel.Confirms.Confirmed(3, multiple: true);
        await ExpectAsync(results, "g Confirmed");
    }

    [Fact]
    public async Task A_message_alone_on_a_channel_that_is_closed_over_it_is_at_fault()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        FakeConnection? connection = null;
        foreach ((int code, string text, string result) in ((int, string, string)[])
                 [(404, "NOT_FOUND - no exchange", "a Refused 404"), (406, "PRECONDITION_FAILED - message size 2 is larger than configured max size 1", "a TooLarge 406")])
        {
            Send(requests, "a");
            connection ??= await _broker.NextAsync();
            FakeChannel channel = await connection.NextAsync();
            await PublishedAsync(channel, 1);
            channel.Close(code, text);
            await ExpectAsync(results, result);
        }
    }

    [Fact]
    public async Task A_lost_connection_is_nobodys_fault_unless_it_is_lost_over_the_same_message_again()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        foreach ((int code, string result) in ((int, string)[])[(0, "a ConnectionLost"), (320, "a ConnectionLost"), (501, "a ConnectionLost"), (501, "a Refused 501"), (501, "a ConnectionLost")])
        {
            Send(requests, "a");
            FakeConnection connection = await _broker.NextAsync();
            await PublishedAsync(await connection.NextAsync(), 1);
            connection.Lose("gone", code);
            await ExpectAsync(results, result);
        }
    }

    [Fact]
    public async Task What_is_too_large_for_a_frame_is_not_sent_and_holds_up_nothing()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        const int most = 4096 - 8 - 12;
        AmqpProperties full = default(AmqpProperties).WithHeader("a"u8, new byte[most - 2 - 4 - 2 - 5]);
        full.Bytes.Length.ShouldBe(most);
        requests.SendNext(new PublishRequest<string>(new AmqpMessage("", "q", full, default), "fits"));
        requests.SendNext(new PublishRequest<string>(new AmqpMessage("", "q", full.With(AmqpProperty.Priority, [1]), default), "not"));
        requests.SendNext(new PublishRequest<string>(new AmqpMessage("", new string('k', 256), default, default), "key"));
        requests.SendNext(new PublishRequest<string>(new AmqpMessage("", new string('k', 255), default, default), "longest"));
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        await PublishedAsync(channel, 2);
        channel.Confirms!.Confirmed(2, multiple: true);

        var outcomes = new List<string>();
        for (int i = 0; i < 4; i++)
        {
            PublishResult<string> result = await results.ExpectNextAsync(default);
            outcomes.Add($"{result.Request.Context} {result.Outcome}");
        }

        outcomes.ShouldBe(["fits Confirmed", "key TooLarge", "longest Confirmed", "not TooLarge"], ignoreOrder: true);
    }

    [Fact]
    public async Task No_more_than_may_be_in_flight_is_and_what_is_not_confirmed_in_time_is_told()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) =
            Start(Settings with { MaxInFlight = 2, ConfirmTimeout = TimeSpan.FromSeconds(2) });
        results.Request(9);
        Send(requests, "a", "b");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        await PublishedAsync(channel, 2);
        await ExpectAsync(results, "a TimedOut", "b TimedOut");
        Send(requests, "c");
        await PublishedAsync(channel, 1);
        channel.Confirms!.Confirmed(2, multiple: true);
        channel.Confirms.Confirmed(3, multiple: false);

        await ExpectAsync(results, "c Confirmed");
    }

    [Fact]
    public async Task While_the_broker_blocks_publishing_nothing_is_sent_and_each_ends_in_time()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) =
            Start(Settings with { ConfirmTimeout = TimeSpan.FromSeconds(2) });
        results.Request(9);
        Send(requests, "a");
        FakeConnection connection = await _broker.NextAsync();
        FakeChannel channel = await connection.NextAsync();
        await PublishedAsync(channel, 1);
        connection.Blocked = "low on memory";
        Send(requests, "b");
        PublishResult<string> first = await results.ExpectNextAsync(default);
        (first.Outcome, first.Text.Contains("low on memory", StringComparison.Ordinal)).ShouldBe((PublishOutcome.TimedOut, true));
        PublishResult<string> second = await results.ExpectNextAsync(default);
        (second.Request.Context, second.Outcome, second.Text.Contains("not sent", StringComparison.Ordinal)).ShouldBe(("b", PublishOutcome.TimedOut, true));
        channel.Published.ShouldBe(1);
        Send(requests, "c");
        connection.Blocked = null;
        await PublishedAsync(channel, 1);
        channel.Confirms!.Confirmed(2, multiple: true);

        await ExpectAsync(results, "c Confirmed");
    }

    [Fact]
    public async Task Without_a_broker_each_request_ends_in_time_and_says_why()
    {
        _broker.Down.Add("127.0.0.1");
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) =
            Start(Settings with { ConfirmTimeout = TimeSpan.FromSeconds(2) });
        results.Request(9);
        Send(requests, "a");
        PublishResult<string> result = await results.ExpectNextAsync(default);
        (result.Outcome, result.Text.Contains("127.0.0.1:5672 is down", StringComparison.Ordinal)).ShouldBe((PublishOutcome.ConnectionLost, true));
        _broker.Down.Clear();
        Send(requests, "b");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        await PublishedAsync(channel, 1);
        channel.Confirms!.Confirmed(1, multiple: false);
        await ExpectAsync(results, "b Confirmed");
    }

    [Fact]
    public async Task It_completes_when_the_last_result_is_out_and_closes_its_channel()
    {
        (TestPublisher.Probe<PublishRequest<string>> requests, TestSubscriber.Probe<PublishResult<string>> results) = Start();
        results.Request(9);
        Send(requests, "a");
        FakeChannel channel = await (await _broker.NextAsync()).NextAsync();
        await PublishedAsync(channel, 1);
        requests.SendComplete();
        channel.Confirms!.Confirmed(1, multiple: false);

        await ExpectAsync(results, "a Confirmed");
        await results.ExpectCompleteAsync(default);
        await Broker.Deadline.UntilAsync("the channel is closed", () => channel.IsDisposed);
    }

    private static void Send(TestPublisher.Probe<PublishRequest<string>> requests, params string[] names)
    {
        foreach (string name in names)
        {
            requests.SendNext(new PublishRequest<string>(new AmqpMessage("ex", "key", default, Encoding.UTF8.GetBytes(name)), name));
        }
    }

    private static async Task<AmqpMessage[]> PublishedAsync(FakeChannel channel, int count)
    {
        var messages = new AmqpMessage[count];
        for (int i = 0; i < count; i++)
        {
            messages[i] = (await channel.PublishedAsync()).Message;
        }

        return messages;
    }

    private static async Task ExpectAsync(TestSubscriber.Probe<PublishResult<string>> results, params string[] expected)
    {
        foreach (string each in expected)
        {
            PublishResult<string> result = await results.ExpectNextAsync(default);
            $"{result.Request.Context} {result.Outcome}{(result.Code == 0 || result.Outcome is PublishOutcome.Returned or PublishOutcome.ConnectionLost ? "" : $" {result.Code}")}".ShouldBe(each);
        }
    }

    private (TestPublisher.Probe<PublishRequest<string>> Requests,
        TestSubscriber.Probe<PublishResult<string>> Results) Start(AmqpPublishSettings? settings = null) =>
        this.SourceProbe<PublishRequest<string>>()
            .Via(AmqpFlow.Publish<string>(_connections, settings ?? Settings))
            .ToMaterialized(this.SinkProbe<PublishResult<string>>(), Keep.Both)
            .Run(Materializer);
}
