using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

public sealed class DeliveryRingTests
{
    [Fact]
    public void Deliveries_come_in_order_with_bytes_of_their_own()
    {
        var ring = new DeliveryRing(3, 1000, () => { });
        byte[] body = [0];
        for (ulong tag = 1; tag <= 40; tag += 2)
        {
            body[0] = (byte)tag;
            ring.Write(redelivered: true, "ex"u8, "key"u8, default(AmqpProperties).With(AmqpProperty.MessageId, body), body);
            body[0] = (byte)(tag + 1);
            ring.Write(redelivered: false, ""u8, ""u8, default, body);
            body[0] = 0;

            var start = (long)ring.Taken;
            ring.Take(10).ShouldBe(2);
            (ring.At(start).Bytes + ring.At(start + 1).Bytes).ShouldBe(5 + 4 + 1 + 2 + 1);
            Delivery first = ring.At(start);
            (first.Tag, first.Redelivered, first.Body.Span[0]).ShouldBe((tag, true, (byte)tag));
            first.Exchange.ToArray().ShouldBe("ex"u8.ToArray());
            first.RoutingKey.ToArray().ShouldBe("key"u8.ToArray());
            first.Properties.MessageId.ToArray().ShouldBe([(byte)tag]);
            Delivery second = ring.At(start + 1);
            (second.Tag, second.Redelivered, second.Body.Span[0]).ShouldBe((tag + 1, false, (byte)(tag + 1)));
            second.Properties.TryGet(AmqpProperty.MessageId, out _).ShouldBeFalse("the slot before it is not this one's");
            ring.Release(start, 2);
            ring.Released.ShouldBe(tag + 1);
        }
    }

    [Fact]
    public void Batches_released_in_any_order_free_slots_only_up_to_the_oldest_that_is_not()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var ring = new DeliveryRing(64, 1000, () => { });
            var batches = new List<(long Start, int Count)>();
            while (batches.Sum(batch => batch.Count) < 64)
            {
                ring.Write(redelivered: false, default, default, default, [1]);
                if (random.Next(3) == 0)
                {
                    var start = (long)ring.Taken;
                    batches.Add((start, ring.Take(100)));
                }
                else if (ring.Written == 64)
                {
                    var start = (long)ring.Taken;
                    batches.Add((start, ring.Take(100)));
                }
            }

            Should.Throw<InvalidOperationException>(() => ring.Write(redelivered: false, default, default, default, [1])).Message.ShouldContain("64");
            (long Start, int Count)[] open = [.. batches];
            random.Shuffle(open);
            for (int i = 0; i < open.Length; i++)
            {
                ring.Release(open[i].Start, open[i].Count);
                long oldest = open.Skip(i + 1).Select(batch => batch.Start).DefaultIfEmpty(64).Min();
                ring.Released.ShouldBe((ulong)oldest);
            }

            ring.HasRoom.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Room_is_waited_for_while_what_is_held_takes_more_than_it_may()
    {
        var ring = new DeliveryRing(3, 100, () => { });
        ring.Write(redelivered: false, default, default, default, new byte[98]);
        ring.WhenRoom().IsCompletedSuccessfully.ShouldBeTrue();
        ring.Write(redelivered: false, default, default, default, new byte[1]);
        Task waiting = ring.WhenRoom();
        waiting.IsCompleted.ShouldBeFalse();

        ring.Take(1);
        ring.Release(0, 1);

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_batch_that_was_released_gives_nothing_and_releases_nothing_again()
    {
        var ring = new DeliveryRing(4, 100, () => { });
        ring.Write(redelivered: false, default, default, default, [1]);
        ring.Write(redelivered: false, default, default, default, [2]);
        ring.Take(1);
        var batch = new DeliveryBatch(ring, new AckWindow(4, () => { }), incarnation: 1, start: 0, count: 1);
        batch[0].Body.ToArray().ShouldBe([1]);
        batch.Release();
        batch.Release();

        ring.Released.ShouldBe(1UL);
        Should.Throw<ObjectDisposedException>(() => batch[0]);
        Should.Throw<ArgumentOutOfRangeException>(() => batch.Committer.Complete([2])).Message.ShouldContain("1 to 1");
    }
}
