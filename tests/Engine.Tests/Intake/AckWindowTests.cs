using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Scheduling;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

public sealed class AckWindowTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_watermark_is_the_highest_tag_below_which_all_are_done(int seed)
    {
        var random = new Random(seed);
        int prefetch = random.Next(1, 300);
        var window = new AckWindow(prefetch, new Signal());
        var open = new List<ulong>();
        var done = new HashSet<ulong>();
        ulong delivered = 0;
        ulong expected = 0;
        for (int i = 0; i < 2000; i++)
        {
            // The broker delivers while fewer than the prefetch are unacknowledged.
            while (delivered - window.Watermark < (ulong)prefetch && random.Next(4) != 0)
            {
                open.Add(++delivered);
            }

            ulong[] tags = [.. open.Where(_ => random.Next(3) == 0)];
            random.Shuffle(tags);
            window.Complete(tags);
            open.RemoveAll(tags.Contains);
            done.UnionWith(tags);
            while (done.Contains(expected + 1))
            {
                expected++;
            }

            window.Watermark.ShouldBe(expected);
        }

        expected.ShouldBeGreaterThan(100UL);
    }

    [Fact]
    public async Task The_signal_is_set_when_the_watermark_moves_and_only_then()
    {
        var moved = new Signal();
        var window = new AckWindow(10, moved);

        window.Complete([2]);
        Task waiting = moved.WaitAsync(CancellationToken.None).AsTask();
        waiting.IsCompleted.ShouldBeFalse();
        window.Complete([1]);

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
        window.Watermark.ShouldBe(2UL);
    }

    [Fact]
    public void A_ring_gives_deliveries_in_order_with_bodies_of_its_own()
    {
        var ring = new DeliveryRing(Catalog.Default.FindStream("act.share")!, prefetch: 3, maxBatch: 0, maxBytes: 100, new Signal());
        byte[] body = [0];
        var batch = new List<Delivery>();
        for (ulong tag = 1; tag <= 40; tag += 2)
        {
            body[0] = (byte)tag;
            ring.Write(tag, new BasicProperties(), body);
            body[0] = (byte)(tag + 1);
            ring.Write(tag + 1, new BasicProperties(), body);
            body[0] = 0;
            ring.Count.ShouldBe(2);

            batch.Clear();
            ring.Peek(batch, limit: 10);
            batch.Select(delivery => delivery.Tag).ShouldBe([tag, tag + 1]);
            batch.Select(delivery => (ulong)delivery.Body[0]).ShouldBe([tag, tag + 1]);
            batch.Clear();
            ring.Peek(batch, limit: 1);
            batch.Single().Tag.ShouldBe(tag);
            ring.Release(2);
            ring.Count.ShouldBe(0);
        }
    }

    [Fact]
    public void A_ring_takes_as_many_as_may_be_unacknowledged_and_refuses_more()
    {
        var ring = new DeliveryRing(Catalog.Default.FindStream("act.share")!, prefetch: 3, maxBatch: 0, maxBytes: 100, new Signal());
        for (ulong tag = 1; tag <= 4; tag++)
        {
            ring.Write(tag, new BasicProperties(), []);
        }

        Should.Throw<InvalidOperationException>(() => ring.Write(5, new BasicProperties(), [])).Message.ShouldContain("act.share");
    }

    [Fact]
    public async Task A_ring_makes_the_client_wait_while_its_bodies_are_too_large()
    {
        var ring = new DeliveryRing(Catalog.Default.FindStream("act.share")!, prefetch: 3, maxBatch: 0, maxBytes: 100, new Signal());
        ring.Write(1, new BasicProperties(), new byte[100]);
        ring.WaitForRoomAsync(default).IsCompletedSuccessfully.ShouldBeTrue();
        ring.Write(2, new BasicProperties(), new byte[1]);
        Task waiting = ring.WaitForRoomAsync(default).AsTask();
        waiting.IsCompleted.ShouldBeFalse();

        ring.Release(1);

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_slot_that_is_used_again_keeps_nothing_of_the_delivery_before()
    {
        var ring = new DeliveryRing(Catalog.Default.FindStream("act.share")!, prefetch: 1, maxBatch: 0, maxBytes: 100, new Signal());
        var batch = new List<Delivery>();
        ring.Write(1, new BasicProperties(), [1, 2, 3]);
        ring.Peek(batch, 1);
        Delivery slot = batch[0];
        slot.ReceivedMs = 5;
        slot.Tries = 6;
        slot.DueMs = 7;
        slot.ParkedAs = Guid.Empty;
        ring.Release(1);

        slot.Fill(2, new BasicProperties(), [9]);

        slot.Body.ToArray().ShouldBe([9]);
        (slot.ReceivedMs, slot.Tries, slot.DueMs, slot.ParkedAs).ShouldBe((0, 0, 0, null));
    }
}
