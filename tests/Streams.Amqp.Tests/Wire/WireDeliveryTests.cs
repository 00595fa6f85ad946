using System.Buffers.Binary;
using DataLoad.Streams.Amqp.Wire;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Wire;

public sealed class WireDeliveryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeBroker _broker = new();

    [Fact]
    public async Task Deliveries_are_whole_wherever_the_socket_cuts_them()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring();
        await _broker.ConsumeAsync(connection, ring);
        byte[][] bodies = [[1, 2, 3, 4, 5, 6, 7], [], [8]];
        int length = Three(0).Length;
        for (int cut = 0; cut <= length; cut++)
        {
            byte[] bytes = Three((ulong)cut * 3);
            _broker.Send(bytes[..cut]);
            _broker.Send(bytes[cut..]);

            (await _broker.TakeAsync(ring, 3)).Select(delivery => delivery.Body).ShouldBe(bodies);
        }

        foreach (byte one in Three((ulong)(length + 1) * 3))
        {
            _broker.Send([one]);
        }

        (await _broker.TakeAsync(ring, 3)).Select(delivery => delivery.Body).ShouldBe(bodies);
        connection.Ended.IsCompleted.ShouldBeFalse();

        byte[] Three(ulong before) =>
            [.. FakeBroker.Message(before + 1, bodies[0], frameBytes: 3), .. FakeBroker.Message(before + 2, bodies[1]),
                .. FakeBroker.Message(before + 3, bodies[2])];
    }

    [Fact]
    public async Task Many_deliveries_in_one_read_and_bodies_larger_than_a_frame_arrive()
    {
        WireConnection connection = await _broker.OpenAsync(frameBytes: 8192);
        DeliveryRing ring = _broker.Ring(prefetch: 2000);
        await _broker.ConsumeAsync(connection, ring);
        byte[][] bodies = [.. Enumerable.Range(0, 1000).Select(i => Enumerable.Repeat((byte)i, i % 97 == 0 ? 100_000 : i % 40).ToArray())];
        _broker.Send([.. bodies.Select((body, i) => FakeBroker.Message((ulong)i + 1, body, frameBytes: 8184))]);

        List<(ulong Tag, byte[] Body)> taken = await _broker.TakeAsync(ring, 1000);
        taken.Select(delivery => delivery.Tag).ShouldBe(Enumerable.Range(1, 1000).Select(i => (ulong)i));
        taken.Zip(bodies).Count(pair => pair.First.Body.AsSpan().SequenceEqual(pair.Second)).ShouldBe(bodies.Length);
    }

    [Fact]
    public async Task A_delivery_allocates_nothing()
    {
        var broker = new FakeBroker();
        WireConnection connection = await broker.OpenAsync();
        DeliveryRing ring = broker.Ring(prefetch: 100);
        var channel = (WireChannel)await broker.ConsumeAsync(connection, ring);
        byte[] deliver = FakeBroker.Deliver(0);
        byte[] header = FakeBroker.Header(200, [0x10 | 0x80, 0, 4, (byte)'j', (byte)'s', (byte)'o', (byte)'n', 2]);
        byte[] body = new byte[200];
        Run(1, 1000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(1001, 1000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1000);

        void Run(ulong first, int count)
        {
            for (int i = 0; i < count; i++)
            {
                BinaryPrimitives.WriteUInt64BigEndian(deliver.AsSpan(7 + 4 + 2), first + (ulong)i);
                channel.OnFrame(FrameType.Method, deliver.AsSpan(7, deliver.Length - 8));
                channel.OnFrame(FrameType.Header, header.AsSpan(7, header.Length - 8));
                channel.OnFrame(FrameType.Body, body);
                var start = (long)ring.Taken;
                ring.Take(10);
                AmqpProperties properties = ring.At(start).Properties;
                if (!properties.ContentType.SequenceEqual("json"u8) || properties.TryGet(AmqpProperty.MessageId, out _) || properties.TryGetHeader("x"u8, out _))
                {
                    throw new InvalidOperationException("not what was sent");
                }

                ring.Release(start, 1);
            }
        }
    }

    [Fact]
    public async Task Properties_that_are_unreadable_keep_what_can_be_read_and_cost_nothing_else()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring();
        await _broker.ConsumeAsync(connection, ring);
        byte[] properties = [0xA0, 0, 1, (byte)'j', 0, 0, 0, 10, 1, (byte)'b', (byte)'B', 7, 1, (byte)'a', (byte)'?', 1, 2, 3];
        _broker.Send(FakeBroker.Deliver(1), FakeBroker.Header(1, properties), FakeBroker.Body([7]), FakeBroker.Message(2, [8]));
        await _broker.WaitForAsync(ring, 2);

        ring.Take(2);
        AmqpProperties read = ring.At(0).Properties;
        read.Bytes.ToArray().ShouldBe(properties);
        read.ContentType.ToArray().ShouldBe("j"u8.ToArray());
        read.TryGetHeader("b"u8, out _).ShouldBeTrue();
        read.TryGetHeader("a"u8, out _).ShouldBeFalse();
        connection.Ended.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Acknowledgements_cancelling_and_closing_are_sent_in_order()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring();
        IAmqpChannel channel = await _broker.ConsumeAsync(connection, ring);
        await channel.AcknowledgeAsync(0x0102, multiple: true);
        await channel.CancelAsync();
        await channel.AcknowledgeAsync(0x0103, multiple: false);
        _broker.Send(FakeBroker.Message(1, [1]));
        Task closing = channel.DisposeAsync().AsTask();

        (await _broker.ExpectAsync(AmqpMethod.BasicAck)).ShouldBe([0, 0, 0, 0, 0, 0, 1, 2, 1]);
        await _broker.ExpectAsync(AmqpMethod.BasicCancel);
        (await _broker.ExpectAsync(AmqpMethod.BasicAck)).ShouldBe([0, 0, 0, 0, 0, 0, 1, 3, 0]);
        await _broker.ExpectAsync(AmqpMethod.ChannelClose);
        _broker.Send(new MethodWriter(1, AmqpMethod.ChannelCloseOk).ToBytes());
        await closing.WaitAsync(Patience);
        ring.Written.ShouldBe(0UL, "what comes after the cancelling is dropped");

        Task ending = connection.DisposeAsync().AsTask();
        await _broker.ExpectAsync(AmqpMethod.ConnectionClose);
        _broker.Send(new MethodWriter(0, AmqpMethod.ConnectionCloseOk).ToBytes());
        await ending.WaitAsync(Patience);
        (await connection.Ended).Reason.ShouldBe("the connection was closed");
    }

    [Fact]
    public async Task A_channel_that_was_closed_can_be_opened_again()
    {
        WireConnection connection = await _broker.OpenAsync();
        for (int i = 0; i < 3; i++)
        {
            DeliveryRing ring = _broker.Ring();
            IAmqpChannel channel = await _broker.ConsumeAsync(connection, ring);
            _broker.Send(FakeBroker.Message(1, [9]));
            (await _broker.TakeAsync(ring, 1)).Single().Tag.ShouldBe(1UL);
            Task closing = channel.DisposeAsync().AsTask();
            await _broker.ExpectAsync(AmqpMethod.ChannelClose);
            _broker.Send(new MethodWriter(1, AmqpMethod.ChannelCloseOk).ToBytes());
            await closing.WaitAsync(Patience);
        }
    }

    [Fact]
    public async Task Reading_waits_while_bodies_take_too_much_and_goes_on_when_there_is_room()
    {
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing ring = _broker.Ring(maxBytes: 100);
        await _broker.ConsumeAsync(connection, ring);
        _broker.Send(FakeBroker.Message(1, new byte[101]));
        await _broker.WaitForAsync(ring, 1);
        _broker.Send(FakeBroker.Message(2, [2]));
        (await _broker.TakeAsync(ring, 1)).Single().Tag.ShouldBe(1UL);
        (await _broker.TakeAsync(ring, 1)).Single().Tag.ShouldBe(2UL);
    }

    [Fact]
    public async Task A_source_that_holds_up_the_others_too_long_loses_its_channel_and_they_go_on()
    {
        TimeSpan patience = FakeBroker.Settings.RoomPatience;
        WireConnection connection = await _broker.OpenAsync();
        DeliveryRing full = _broker.Ring(maxBytes: 100);
        DeliveryRing other = _broker.Ring();
        IAmqpChannel holding = await _broker.ConsumeAsync(connection, full);
        await _broker.ConsumeAsync(connection, other, channel: 2);
        _broker.Send(FakeBroker.Message(1, new byte[101]));
        await _broker.WaitForAsync(full, 1);
        _broker.Send(FakeBroker.Message(1, [5], channel: 2));
        // The heart beats by the same clock, which must not run on before reading waits or after it goes on.
        await _broker.Time.WaitForTimerAsync(patience);
        _broker.Time.Advance(patience);

        (await holding.Ended.WaitAsync(Patience)).Reason.ShouldContain("held up the other sources");
        (await _broker.TakeAsync(other, 1)).Single().Body.ShouldBe([5]);
        connection.Ended.IsCompleted.ShouldBeFalse("the heart beat while reading waited");
    }
}
