using System.Collections.Concurrent;
using Akka;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Streams.Amqp.Tests.Messages;
using DataLoad.Streams.Amqp.Tests.Support;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>Consuming from a real RabbitMQ, what real publishers send.</summary>
public sealed class ConsumingTests : StreamTest
{
    private static readonly byte[] LongHeader = AmqpPropertiesTests.Entry("trace-ms", 'L', [0x00, 0x00, 0x01, 0xA0, 0xC4, 0x50, 0x6C, 0x00]);

    public static TheoryData<string> Inputs => [.. Messages.Keys];

    private static Dictionary<string, AmqpMessage> Messages { get; } = new(StringComparer.Ordinal)
    {
        ["plain"] = Message(default, "hello"u8.ToArray()),
        ["empty"] = Message(default, []),
        ["python's L header"] = Message(AmqpPropertiesTests.WithHeaders(LongHeader)),
        ["a decimal of scale 30"] = Message(AmqpPropertiesTests.WithHeaders(AmqpPropertiesTests.Entry("d", 'D', [30, 0, 0, 0, 15]), LongHeader)),
        ["correlation id of 100 × 0xFF"] = Message(default(AmqpProperties).With(AmqpProperty.CorrelationId, Enumerable.Repeat((byte)0xFF, 100).ToArray())),
        ["message id 000000FE"] = Message(default(AmqpProperties).With(AmqpProperty.MessageId, [0, 0, 0, 0xFE])),
        ["header names that are no text"] = Message(default(AmqpProperties).WithHeader([0xFF, 0], [0xC3, 0x28])),
        ["128 headers of 1,013 bytes"] = Message(AmqpPropertiesTests.WithHeaders([.. Enumerable.Range(0, 128).Select(i =>
            AmqpPropertiesTests.Entry($"{i:D3}", 'S', [0, 0, 0x03, 0xF5, .. new byte[1013]]))])),
        ["a body of 2 MiB"] = Message(default, [.. Enumerable.Range(0, 2 * 1024 * 1024).Select(i => (byte)(i * 31))]),
        ["a table in a table"] = Message(
            AmqpPropertiesTests.WithHeaders(AmqpPropertiesTests.Entry("t", 'F', [0, 0, 0, (byte)LongHeader.Length, .. LongHeader]))),
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task What_is_published_arrives_byte_for_byte(string input)
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        AmqpMessage message = Messages[input];
        (await vhost.PublishAsync(Materializer, settings: null, message)).Single().Outcome.ShouldBe(PublishOutcome.Confirmed);

        (byte[] properties, byte[] body, byte[] key, byte[] exchange) = await AmqpSource.CommittableBatches(vhost.Connections, new AmqpSourceSettings("q"))
            .Select(batch => (batch[0].Properties.Bytes.ToArray(), batch[0].Body.ToArray(), batch[0].RoutingKey.ToArray(), batch[0].Exchange.ToArray()))
            .RunWith(Sink.First<(byte[], byte[], byte[], byte[])>(), Materializer)
            .WaitAsync(Patience);
        properties.AsSpan().SequenceEqual(message.Properties.Bytes.Span).ShouldBeTrue();
        body.AsSpan().SequenceEqual(message.Body.Span).ShouldBeTrue();
        key.ShouldBe(message.RoutingKey.ToArray());
        exchange.ShouldBe("q"u8.ToArray());
    }

    [Fact]
    public async Task Sixteen_random_bytes_are_forty_message_ids()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        var random = new Random(20_261_126);
        byte[][] ids = [.. Enumerable.Range(0, 40).Select(_ =>
        {
            var id = new byte[16];
            random.NextBytes(id);
            return id;
        })];
        await vhost.PublishAsync(Materializer, settings: null, [.. ids.Select(id => Message(default(AmqpProperties).With(AmqpProperty.MessageId, id)))]);
        var seen = new ConcurrentQueue<string>();
        (IAmqpConsumerControl control, Task<Done> done) = Run(vhost, seen, delivery => Convert.ToHexString(delivery.Properties.MessageId));
        await Deadline.UntilAsync("all came", () => seen.Count == 40);
        await control.StopTaking();
        await done.WaitAsync(Patience);

        seen.ShouldBe(ids.Select(Convert.ToHexString));
        (await vhost.Admin.QueueDeclarePassiveAsync("q")).MessageCount.ShouldBe(0U);
    }

    [Fact]
    public async Task The_client_library_loses_its_connection_over_a_header_of_type_L_and_this_source_does_not()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        await vhost.PublishAsync(Materializer, settings: null, Messages["python's L header"], Messages["plain"]);

        IConnection library = await new ConnectionFactory { Uri = new Uri(vhost.Url), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var shutdown = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        library.ConnectionShutdownAsync += (_, reason) =>
        {
            shutdown.TrySetResult(reason);
            return Task.CompletedTask;
        };
        int received = 0;
        IChannel channel = await library.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, _) =>
        {
            Interlocked.Increment(ref received);
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync("q", autoAck: false, consumer);
        ShutdownEventArgs end = await shutdown.Task.WaitAsync(Patience);
        library.IsOpen.ShouldBeFalse();
        received.ShouldBe(0, "neither the message with the header nor the plain one behind it");
        end.ToString().ShouldContain("Unrecognised type in table", Case.Insensitive);
        await library.DisposeAsync();

        var seen = new ConcurrentQueue<string>();
        (IAmqpConsumerControl control, Task<Done> done) = Run(vhost, seen, delivery =>
            delivery.Properties.TryGetHeader("trace-ms"u8, out AmqpValue value) && value.TryGetInt64(out long number) ? $"{number}" : "plain");
        await Deadline.UntilAsync("both came", () => seen.Count == 2);
        seen.ShouldBe(["1790000000000", "plain"]);
        await control.StopTaking();
        await done.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_CC_header_arrives_as_it_was_and_without_it_a_copy_goes_to_its_own_queue_alone()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        await vhost.QueueAsync("other");
        byte[] cc = AmqpPropertiesTests.Entry("CC", 'A', [0, 0, 0, 10, (byte)'S', 0, 0, 0, 5, .. "other"u8]);
        AmqpProperties properties = AmqpPropertiesTests.WithHeaders(LongHeader, cc);
        await vhost.PublishAsync(Materializer, settings: null, new AmqpMessage("", "q", properties, new byte[] { 1 }));
        AmqpProperties arrived = await AmqpSource.CommittableBatches(vhost.Connections, new AmqpSourceSettings("q"))
            .Select(batch => batch[0].Properties.Copy())
            .RunWith(Sink.First<AmqpProperties>(), Materializer)
            .WaitAsync(Patience);
        arrived.Bytes.ToArray().ShouldBe(properties.Bytes.ToArray());
        (await vhost.Admin.QueueDeclarePassiveAsync("other")).MessageCount.ShouldBe(1U);

        AmqpProperties without = arrived.WithoutHeader("CC"u8);
        without.Bytes.ToArray().ShouldBe(AmqpPropertiesTests.WithHeaders(LongHeader).Bytes.ToArray());
        await vhost.PublishAsync(Materializer, settings: null, new AmqpMessage("", "q", without, new byte[] { 2 }));
        (await vhost.Admin.QueueDeclarePassiveAsync("other")).MessageCount.ShouldBe(1U);
    }

    [Fact]
    public async Task No_more_than_the_prefetch_is_unacknowledged_and_reading_waits_for_room()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        await vhost.PublishAsync(Materializer, settings: null, [.. Enumerable.Range(0, 60).Select(_ => Message(default, new byte[100_000]))]);
        var batches = new BlockingCollection<DeliveryBatch>();
        IAmqpConsumerControl control = AmqpSource.CommittableBatches(vhost.Connections, new AmqpSourceSettings("q") { Prefetch = 50, MaxBytes = 1_000_000 })
            .ToMaterialized(Sink.ForEach<DeliveryBatch>(batches.Add), Keep.Left)
            .Run(Materializer);
        int held = 0;
        int count = 0;
        while (count < 60)
        {
            DeliveryBatch batch = batches.TryTake(out DeliveryBatch? taken, Patience) ? taken : throw new TimeoutException();
            held = Math.Max(held, batch.Sum(delivery => delivery.Body.Length));
            count += batch.Count;
            control.Status.Unacknowledged.ShouldBeLessThanOrEqualTo(50);
            batch.Release();
            batch.Committer.CompleteAll();
        }

        // What one read of 128 KiB and the room hold, and no more, though the broker would send 5 MB.
        held.ShouldBeLessThan(1_300_000);
        await control.StopTaking();
        (await control.Drained.WaitAsync(Patience)).ShouldBe(0);
    }

    [Fact]
    public async Task A_queue_that_is_deleted_and_made_again_is_consumed_again()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        var seen = new ConcurrentQueue<string>();
        (IAmqpConsumerControl control, Task<Done> done) = Run(vhost, seen, delivery => $"{delivery.Body.Length}");
        await Deadline.UntilAsync("it consumes", () => control.Status.IsConsuming);
        await vhost.Admin.QueueDeleteAsync("q");
        await Deadline.UntilAsync("it says so", () => control.Status.Error?.Contains("cancelled the consumer", StringComparison.Ordinal) ?? false);
        await vhost.QueueAsync("q");
        await vhost.PublishAsync(Materializer, settings: null, Message(default, [1, 2]));
        await Deadline.UntilAsync("it came", () => seen.Count == 1);
        await control.StopTaking();
        await done.WaitAsync(Patience);
    }

    [Fact]
    public async Task What_is_not_acknowledged_when_a_pause_loses_patience_comes_again()
    {
        await using TestVhost vhost = await TestVhost.OpenAsync();
        await vhost.QueueAsync("q");
        await vhost.PublishAsync(Materializer, settings: null, Message(default, [1]), Message(default, [2]));
        var seen = new ConcurrentQueue<(bool, byte)>();
        IAmqpConsumerControl control = AmqpSource.Restarting(vhost.Connections,
            new AmqpSourceSettings("q") { MaxBatch = 1, PausePatience = TimeSpan.FromMilliseconds(100) })
            .ToMaterialized(
                Sink.ForEach<DeliveryBatch>(batch =>
                {
                    seen.Enqueue((batch[0].Redelivered, batch[0].Body.Span[0]));
                    if (batch[0].Redelivered || batch[0].Body.Span[0] == 1)
                    {
                        batch.Committer.CompleteAll();
                    }

                    batch.Release();
                }),
                Keep.Left)
            .Run(Materializer);
        await Deadline.UntilAsync("both came", () => seen.Count == 2);
        control.Pause();
        await Deadline.UntilAsync("one waits again", async () => (await vhost.Admin.QueueDeclarePassiveAsync("q")) is { MessageCount: 1, ConsumerCount: 0 });
        control.Resume();
        await Deadline.UntilAsync("it came again", () => seen.Count == 3);

        seen.ShouldBe([(false, (byte)1), (false, (byte)2), (true, (byte)2)]);
        await control.StopTaking();
        (await control.Drained.WaitAsync(Patience)).ShouldBe(0);
    }

    private static AmqpMessage Message(AmqpProperties properties, byte[]? body = null) => new("q", "the key", properties, body ?? [7]);

    private (IAmqpConsumerControl Control, Task<Done> Done) Run(TestVhost vhost, ConcurrentQueue<string> seen, Func<Delivery, string> show) =>
        AmqpSource.Restarting(vhost.Connections, new AmqpSourceSettings("q"),
            new AmqpRestartSettings { MinBackoff = TimeSpan.FromMilliseconds(50), MaxBackoff = TimeSpan.FromMilliseconds(200) })
            .ToMaterialized(
                Sink.ForEach<DeliveryBatch>(batch =>
                {
                    foreach (Delivery delivery in batch)
                    {
                        seen.Enqueue(show(delivery));
                    }

                    batch.Release();
                    batch.Committer.CompleteAll();
                }),
                Keep.Both)
            .Run(Materializer);
}
