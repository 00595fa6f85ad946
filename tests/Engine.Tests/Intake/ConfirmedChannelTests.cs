using System.Reflection;
using DataLoad.Engine.Intake.Amqp;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

public sealed class ConfirmedChannelTests
{
    private readonly FakeChannel _broker;
    private readonly ConfirmedChannel _channel;

    public ConfirmedChannelTests()
    {
        IChannel channel = DispatchProxy.Create<IChannel, FakeChannel>();
        _broker = (FakeChannel)channel;
        _channel = new ConfirmedChannel(channel);
    }

    [Fact]
    public async Task A_message_is_confirmed_by_its_number_or_by_a_later_one_for_all_before()
    {
        Task[] sent = [await SendAsync("a"), await SendAsync("b"), await SendAsync("c"), await SendAsync("d")];

        await _broker.AckAsync(3, multiple: false);
        Confirmed(sent).ShouldBe([false, false, true, false]);
        await _broker.AckAsync(2, multiple: true);
        Confirmed(sent).ShouldBe([true, true, true, false]);
        await _broker.AckAsync(4, multiple: true);
        Confirmed(sent).ShouldBe([true, true, true, true]);
        _broker.Published.ShouldBe(["a", "b", "c", "d"]);
    }

    [Fact]
    public async Task A_message_that_is_refused_fails_and_no_other()
    {
        Task[] sent = [await SendAsync("a"), await SendAsync("b")];

        await _broker.NackAsync(1);
        await _broker.AckAsync(2, multiple: true);

        (await Should.ThrowAsync<NotPublishedException>(sent[0])).Message.ShouldContain("refused");
        Confirmed(sent).ShouldBe([false, true]);
    }

    [Fact]
    public async Task A_message_that_no_queue_takes_fails_when_it_is_confirmed_and_all_that_it_may_be_with_it()
    {
        Task[] sent = [await SendAsync("a"), await SendAsync("b", body: 1), await SendAsync("b", body: 2), await SendAsync("b", body: 1)];

        await _broker.ReturnAsync("b", body: 1);
        sent.ShouldAllBe(one => !one.IsCompleted);
        await _broker.AckAsync(4, multiple: true);

        Confirmed(sent).ShouldBe([true, false, true, false]);
        (await Should.ThrowAsync<NotPublishedException>(sent[1])).Message.ShouldBe("no queue takes the message: NO_ROUTE");
    }

    [Fact]
    public async Task One_given_back_that_is_not_known_fails_all_that_wait()
    {
        Task[] sent = [await SendAsync("a"), await SendAsync("b")];

        await _broker.ReturnAsync("x", body: 1);
        await _broker.AckAsync(2, multiple: true);

        sent.ShouldAllBe(one => one.IsFaulted);
    }

    [Fact]
    public async Task A_channel_that_closes_fails_all_that_wait()
    {
        Task[] sent = [await SendAsync("a"), await SendAsync("b")];
        await _broker.AckAsync(1, multiple: false);

        await _broker.CloseAsync();

        sent[0].IsCompletedSuccessfully.ShouldBeTrue();
        (await Should.ThrowAsync<NotPublishedException>(sent[1])).Message.ShouldContain("going away");
    }

    private static bool[] Confirmed(Task[] sent) => [.. sent.Select(one => one.IsCompletedSuccessfully)];

    private async Task<Task> SendAsync(string id, byte body = 0) =>
        await _channel.PublishAsync("x", "k", new BasicProperties { MessageId = id }, new[] { body }, default);

    /// <summary>A channel whose broker says what the test has it say.</summary>
    internal class FakeChannel : DispatchProxy
    {
        private readonly Dictionary<string, Delegate> _handlers = new(StringComparer.Ordinal);

        public List<string?> Published { get; } = [];

        public Task AckAsync(ulong number, bool multiple) => SayAsync(nameof(IChannel.BasicAcksAsync), new BasicAckEventArgs(number, multiple));

        public Task NackAsync(ulong number) => SayAsync(nameof(IChannel.BasicNacksAsync), new BasicNackEventArgs(number, multiple: false, requeue: false));

        public Task ReturnAsync(string id, byte body) =>
            SayAsync(nameof(IChannel.BasicReturnAsync),
                new BasicReturnEventArgs(312, "NO_ROUTE", "x", "k", new BasicProperties { MessageId = id }, new[] { body }));

        public Task CloseAsync() => SayAsync(nameof(IChannel.ChannelShutdownAsync), new ShutdownEventArgs(ShutdownInitiator.Peer, 320, "going away"));

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            string name = targetMethod!.Name;
            if (name.StartsWith("add_", StringComparison.Ordinal))
            {
                _handlers[name["add_".Length..]] = (Delegate)args![0]!;
                return null;
            }

            name.ShouldBe(nameof(IChannel.BasicPublishAsync));
            args![2].ShouldBe(true);
            Published.Add(((BasicProperties)args[3]!).MessageId);
            return ValueTask.CompletedTask;
        }

        private Task SayAsync<T>(string what, T args)
            where T : AsyncEventArgs => ((AsyncEventHandler<T>)_handlers[what])(this, args);
    }
}
