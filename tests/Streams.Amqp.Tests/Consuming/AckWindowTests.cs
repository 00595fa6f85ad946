using Shouldly;
using Xunit;

namespace DataLoad.Streams.Amqp.Tests.Consuming;

public sealed class AckWindowTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_watermark_is_the_highest_tag_below_which_all_are_done(int seed)
    {
        var random = new Random(seed);
        int prefetch = random.Next(1, 300);
        var window = new AckWindow(prefetch, () => { });
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

            // What is said twice, long after, is no word on the tags that have come since.
            window.Complete([.. done.Where(tag => tag + 600 > delivered && random.Next(8) == 0)]);
            window.Watermark.ShouldBe(expected);
        }

        expected.ShouldBeGreaterThan(100UL);
    }

    [Fact]
    public void It_is_said_when_the_watermark_moves_and_only_then()
    {
        int moved = 0;
        var window = new AckWindow(10, () => moved++);

        window.Complete([2]);
        moved.ShouldBe(0);
        window.Complete([1]);
        moved.ShouldBe(1);
        window.Complete(3, 5);
        moved.ShouldBe(2);
        window.Complete([1, 2, 3]);
        moved.ShouldBe(2);
        window.Watermark.ShouldBe(5UL);
    }
}
