using DataLoad.Streams.Amqp.Tests.Support;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

/// <summary>How connections and channels end: by the broker's word, by its silence, and by what it must not send.</summary>
public sealed class WireEndTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeBroker _broker = new();

    public static TheoryData<string, byte[]> Forbidden => new()
    {
        { "ends with 0x00 in place of 0xCE", [8, 0, 0, 0, 0, 0, 0, 0] },
        { "type 7, which AMQP does not know", [7, 0, 0, 0, 0, 0, 0, 0xCE] },
        { "where 131064 were agreed", [1, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF] },
        { "on channel 5, which is not open", FakeBroker.Message(1, [1], channel: 5) },
        { "on channel 65535, which is not open", FakeBroker.Message(1, [1], channel: 65535) },
        { "cut short", FakeBroker.Frame(1, 1, [0, 60, 0, 60, 200, 1]) },
        { "cut short", FakeBroker.Frame(1, 0, [0, 10]) },
        { "where 1 was due", FakeBroker.Message(2, [1]) },
        { "type Body on channel 1, where one of type Method", FakeBroker.Body([1]) },
        { "type Method on channel 1, where one of type Header", [.. FakeBroker.Deliver(1), .. FakeBroker.Deliver(2)] },
        { "none of a message", [.. FakeBroker.Deliver(1), .. FakeBroker.Frame(2, 1, [0, 60])] },
        { "none of a message", [.. FakeBroker.Deliver(1), .. FakeBroker.Frame(2, 1, [0, 10, .. new byte[12]])] },
        { "announced a body with 1048577 bytes", [.. FakeBroker.Deliver(1), .. FakeBroker.Header(1024 * 1024 + 1, [0, 0])] },
        { "announced a body with 18446744073709551615 bytes", [.. FakeBroker.Deliver(1), .. FakeBroker.Header(-1, [0, 0])] },
        { "2 bytes of a body on channel 1, of which 1 were left", [.. FakeBroker.Deliver(1), .. FakeBroker.Header(1, [0, 0]), .. FakeBroker.Body([1, 2])] },
        { "type Body on channel 0", FakeBroker.Body([1], channel: 0) },
        { "which publishes nothing", FakeBroker.Frame(1, 1, [0, 60, 0, 50, 0]) },
        { "which publishes nothing", FakeBroker.Frame(1, 1, [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 1, 0]) },
        { "which nobody asked for", FakeBroker.Frame(1, 1, [0, 60, 0, 71, 0]) },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public async Task What_AMQP_forbids_ends_the_connection_and_is_named(string error, byte[] bytes)
    {
        WireConnection connection = await _broker.OpenAsync();
        IAmqpChannel channel = await _broker.ConsumeAsync(connection, _broker.Ring());
        _broker.Send(bytes);

        (await connection.Ended.WaitAsync(Patience)).Reason.ShouldContain(error);
        (await channel.Ended.WaitAsync(Patience)).Reason.ShouldContain(error);
        (await Should.ThrowAsync<AmqpException>(() => connection.OpenChannelAsync(default))).Message.ShouldContain("closed");
        await Should.ThrowAsync<AmqpException>(async () => await channel.AcknowledgeAsync(1, multiple: true));
        await channel.DisposeAsync();
        await connection.DisposeAsync();
        _broker.ClientIsGone.ShouldBeTrue();
    }

    [Fact]
    public async Task More_deliveries_than_may_be_unacknowledged_end_their_stream_alone()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring(prefetch: 3);
        IAmqpChannel channel = await _broker.ConsumeAsync(connection, ring, prefetch: 3);
        _broker.Send([.. Enumerable.Range(1, 9).Select(tag => FakeBroker.Message((ulong)tag, [1]))]);

        (await channel.Ended.WaitAsync(Patience)).Reason.ShouldContain("more than the 3");
        connection.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task The_brokers_reasons_are_told()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring();
        IAmqpChannel closed = await _broker.ConsumeAsync(connection, ring);
        _broker.Close(1, 406, "PRECONDITION_FAILED - unknown delivery tag");
        (await closed.Ended.WaitAsync(Patience)).Reason.ShouldBe("PRECONDITION_FAILED - unknown delivery tag (code 406)");
        await _broker.ExpectAsync(AmqpMethod.ChannelCloseOk);

        IAmqpChannel cancelled = await _broker.ConsumeAsync(connection, _broker.Ring());
        _broker.Send(new MethodWriter(1, AmqpMethod.BasicCancel).ShortText("1").Byte(0).ToBytes());
        (await cancelled.Ended.WaitAsync(Patience)).Reason.ShouldContain("cancelled the consumer");
        await _broker.ExpectAsync(AmqpMethod.BasicCancelOk);

        _broker.Close(0, 320, "CONNECTION_FORCED - shutdown");
        (await connection.Ended.WaitAsync(Patience)).Reason.ShouldBe("CONNECTION_FORCED - shutdown (code 320)");
    }

    [Fact]
    public async Task A_queue_that_is_missing_fails_the_consuming_with_the_brokers_word()
    {
        WireConnection connection = await _broker.OpenAsync();
        IAmqpChannel channel = await _broker.OpenChannelAsync(connection);
        Task consuming = channel.ConsumeAsync("queue", 100, isExclusive: false, _broker.Ring(), default);
        await _broker.ExpectAsync(AmqpMethod.BasicQos);
        _broker.Send(new MethodWriter(1, AmqpMethod.BasicQosOk).ToBytes());
        await _broker.ExpectAsync(AmqpMethod.BasicConsume);
        _broker.Close(1, 404, "NOT_FOUND - no queue 'queue'");

        (await Should.ThrowAsync<AmqpException>(consuming.WaitAsync(Patience))).Message.ShouldContain("NOT_FOUND");
        connection.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task What_needs_no_answer_is_passed_over_and_flow_is_answered()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring();
        await _broker.ConsumeAsync(connection, ring);
        _broker.Send(FakeBroker.Frame(1, 0, [0, 10, 0, 60, 3, (byte)'l', (byte)'o', (byte)'w']), FakeBroker.Frame(1, 0, [0, 10, 0, 61]),
            FakeBroker.Frame(1, 1, [0, 20, 0, 20, 1]), FakeBroker.Message(1, [1]));

        (await _broker.TakeAsync(ring, 1)).Count.ShouldBe(1);
        (await _broker.ExpectAsync(AmqpMethod.ChannelFlowOk)).ShouldBe([1]);
    }

    [Fact]
    public async Task The_heart_beats_while_the_broker_is_heard_and_its_silence_ends_the_connection()
    {
        WireConnection connection = await _broker.OpenAsync();
        for (int i = 0; i < 5; i++)
        {
            _broker.Time.Advance(TimeSpan.FromSeconds(20));
            (await _broker.ReceiveAsync(heartbeats: true)).Type.ShouldBe(FrameType.Heartbeat);
            await EchoAsync(connection);
        }

        connection.Ended.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromSeconds(39));
        connection.Ended.IsCompleted.ShouldBeFalse();
        _broker.Time.Advance(TimeSpan.FromSeconds(11));

        (await connection.Ended.WaitAsync(Patience)).Reason.ShouldContain("nothing came from the broker for 00:00:40");
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_is_given_up_after_the_timeout()
    {
        WireConnection connection = await _broker.OpenAsync();
        Task<IAmqpChannel> opening = connection.OpenChannelAsync(default);
        await _broker.ExpectAsync(AmqpMethod.ChannelOpen);
        await _broker.Time.AdvanceUntilAsync(() => opening.IsCompleted, TimeSpan.FromSeconds(1));

        (await Should.ThrowAsync<TimeoutException>(opening)).Message.ShouldContain("ChannelOpenOk");
    }

    [Fact]
    public async Task A_socket_that_ends_is_told()
    {
        WireConnection connection = await _broker.OpenAsync();
        _broker.HangUp();

        (await connection.Ended.WaitAsync(Patience)).Reason.ShouldContain("without a word");
    }

    [Fact]
    public async Task Damaged_bytes_end_the_connection_or_nothing_and_take_memory_in_proportion()
    {
        var random = new Random(20_260_301);
        byte[] good =
        [
            .. FakeBroker.Deliver(1), .. FakeBroker.Header(5, [0xF8, 0, 4, .. "json"u8, 4, .. "utf8"u8, 0, 0, 0, 7, 1, (byte)'a', (byte)'I', 0, 0, 0, 1, 2, 3]),
            .. FakeBroker.Body([1, 2, 3]), .. FakeBroker.Body([4, 5]),
            .. FakeBroker.Frame(8, 0, []), .. FakeBroker.Message(2, []), .. FakeBroker.Message(3, [9]),
        ];
        for (int i = 0; i < 2000; i++)
        {
            byte[] bytes = ByteMutator.MutateSome(good, random, [1, 2, 3, 8, 60, 0xCE, 0xFF]);
            var broker = new FakeBroker();
            WireConnection connection = await broker.OpenAsync();
            DeliveryRing ring = broker.Ring(prefetch: 4);
            IAmqpChannel channel = await broker.ConsumeAsync(connection, ring, prefetch: 4);
            broker.Send(bytes);
            broker.HangUp();

            (await connection.Ended.WaitAsync(Patience)).Reason.ShouldNotBeNullOrEmpty();
            (await channel.Ended.WaitAsync(Patience)).Reason.ShouldNotContain("Exception");
            (await connection.Ended).Reason.ShouldNotContain("was lost", Case.Insensitive, Convert.ToHexString(bytes));
            await connection.DisposeAsync();
        }
    }

    /// <summary>Waits until the connection has read all that was sent.</summary>
    private async Task EchoAsync(WireConnection connection)
    {
        Task<IAmqpChannel> opening = connection.OpenChannelAsync(default);
        await _broker.ExpectAsync(AmqpMethod.ChannelOpen);
        _broker.Close(1, 504, "no");
        await Should.ThrowAsync<AmqpException>(opening.WaitAsync(Patience));
        await _broker.ExpectAsync(AmqpMethod.ChannelCloseOk);
    }
}
