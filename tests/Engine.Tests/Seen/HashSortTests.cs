using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

public sealed class HashSortTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(30_000)]
    public void Even_and_uneven_ids_come_out_ascending(int count)
    {
        UInt128[] even = SeenShard.Ids(count, seed: count);
        UInt128[] uneven = [.. Enumerable.Range(1, count).Select(i => (UInt128)(uint)i << (i % 3 * 40))];
        foreach (UInt128[] ids in new[] { even, uneven })
        {
            UInt128[] slots = [0, .. ids.SelectMany(id => new UInt128[] { id, 0 })];
            var sorted = new UInt128[count];
            HashSort.CopySorted(slots, sorted);
            sorted.ShouldBe(ids.Order());
        }
    }

    [Fact]
    public void Merged_runs_are_the_union_in_order()
    {
        var random = new Random(5);
        for (int i = 0; i < 300; i++)
        {
            UInt128[][] runs = [.. Enumerable.Range(0, random.Next(0, 12))
                .Select(_ => Enumerable.Range(0, random.Next(0, 40)).Select(_ => (UInt128)(uint)random.Next(100)).Distinct().Order().ToArray())];
            UInt128[] ids = [.. runs.SelectMany(run => run)];
            int end = 0;
            int[] ends = [.. runs.Select(run => end += run.Length)];
            HashSort.Merge(ids, ends).ToArray().ShouldBe(runs.SelectMany(run => run).Distinct().Order());
        }
    }
}
