using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>How far apart blocks begin, by how long their writes take.</summary>
public sealed class BlockPaceTests
{
    [Theory]
    [InlineData(0, 20)]
    [InlineData(7.9, 20)]
    [InlineData(8, 40)]
    [InlineData(15.9, 40)]
    [InlineData(16, 80)]
    [InlineData(10_000, 80)]
    public void It_is_doubled_as_long_as_writes_take_a_fifth_of_what_that_makes(double writeMs, double intervalMs)
    {
        var pace = new BlockPace(Ms(20), Ms(80));

        pace.Wrote(Ms(writeMs));

        pace.Interval.ShouldBe(Ms(intervalMs));
    }

    [Fact]
    public void It_is_the_interval_that_is_set_before_anything_was_written() => new BlockPace(Ms(20), Ms(80)).Interval.ShouldBe(Ms(20));

    [Theory]
    [InlineData(0, 80, 0)]
    [InlineData(20, 0, 20)]
    [InlineData(20, 39, 20)]
    [InlineData(20, 70, 40)]
    [InlineData(500, 80, 500)]
    public void It_stays_within_what_is_set(double interval, double longest, double slow)
    {
        var pace = new BlockPace(Ms(interval), Ms(longest));

        pace.Wrote(TimeSpan.FromMinutes(1));

        pace.Interval.ShouldBe(Ms(slow));
    }

    [Fact]
    public void It_goes_by_many_writes_and_is_short_again_when_they_are_fast_again()
    {
        var pace = new BlockPace(Ms(20), Ms(80));
        pace.Wrote(Ms(2));
        pace.Wrote(Ms(60));
        pace.Interval.ShouldBe(Ms(20), "one slow write is none");

        Repeat(200, () => pace.Wrote(Ms(60)));
        pace.Interval.ShouldBe(Ms(80));

        Repeat(200, () => pace.Wrote(Ms(2)));
        pace.Interval.ShouldBe(Ms(20));
    }

    private static void Repeat(int times, Action what)
    {
        for (int i = 0; i < times; i++)
        {
            what();
        }
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
