using System.Buffers;
using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

/// <summary>Seeded ids of the shapes that take a set through each of its forms.</summary>
internal static class IdShapes
{
    /// <summary>Names for theories.</summary>
    public static TheoryData<string> Names => ["few", "scattered", "middling", "dense", "clustered", "runs", "holes", "whole", "edges"];

    /// <summary>Ids in the order they are added, with repetitions.</summary>
    public static int[] Make(string shape, int seed)
    {
        var random = new Random(seed);
        return shape switch
        {
            "few" => Times(20, _ => random.Next()),
            "scattered" => Times(9_000, _ => random.Next(50_000_000)),
            "middling" => Times(12_000, _ => random.Next(30_000_000)),
            "dense" => Times(50_000, _ => random.Next(400_000)),
            "clustered" => Times(20_000, _ => (random.Next(40) << 20) + (int)(random.NextDouble() * random.NextDouble() * 9000)),
            "runs" => [.. Enumerable.Range(0, 100).SelectMany(_ => Enumerable.Range(random.Next(3_000_000), random.Next(1, 900)))],
            "holes" => [.. Enumerable.Range(0, 75_000).Where(_ => random.Next(500) != 0)],
            "whole" => Shuffled(Enumerable.Range(65_536 - 10, 65_536 + 20), random),
            "edges" => [0, 65_535, 65_536, 131_071, 131_072, int.MaxValue, int.MaxValue - 1, int.MaxValue - 65_535, int.MaxValue - 65_536, 0],
            _ => throw new ArgumentOutOfRangeException(nameof(shape)),
        };
    }

    /// <summary>A set of these ids.</summary>
    public static IdSet ToSet(this IEnumerable<int> ids)
    {
        var set = new IdSet();
        foreach (var id in ids)
        {
            set.Add(id);
        }

        return set;
    }

    /// <summary>Fails unless the set has exactly these ids, asked in every way there is.</summary>
    public static void ShouldHold(this IdSet set, IReadOnlyCollection<int> expected)
    {
        var sorted = expected.ToArray();
        Array.Sort(sorted);
        set.Count.ShouldBe(sorted.Length);
        set.IsEmpty.ShouldBe(sorted.Length == 0);
        var copied = new int[sorted.Length];
        set.CopyTo(copied);
        copied.AsSpan().SequenceEqual(sorted).ShouldBeTrue("CopyTo differs");
        set.SequenceEqual(sorted).ShouldBeTrue("enumeration differs");
        foreach (var id in sorted)
        {
            if (!set.Contains(id))
            {
                throw new ShouldAssertException(FormattableString.Invariant($"{id} is missing"));
            }
        }
    }

    /// <summary>The stored form, checked against its announced length.</summary>
    public static byte[] Stored(this IdSet set)
    {
        var buffer = new ArrayBufferWriter<byte>();
        set.WriteTo(buffer);
        set.SerializedBytes.ShouldBe(buffer.WrittenCount);
        return buffer.WrittenSpan.ToArray();
    }

    private static int[] Times(int count, Func<int, int> make) => [.. Enumerable.Range(0, count).Select(make)];

    private static int[] Shuffled(IEnumerable<int> ids, Random random)
    {
        var shuffled = ids.ToArray();
        random.Shuffle(shuffled);
        return shuffled;
    }
}
