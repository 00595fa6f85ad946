using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

/// <summary>The memory bill, as the set states it and as the collector sees it.</summary>
[Collection(nameof(IdSetMemoryTests))]
[CollectionDefinition(nameof(IdSetMemoryTests), DisableParallelization = true)]
public sealed class IdSetMemoryTests
{
    /// <summary>
    /// What a reading may be off by: the collector counts what each thread has taken to allocate from, 8 KiB a piece, as used,
    /// and this process has other threads. Sets are made in such numbers that a wrong statement is beyond it.
    /// </summary>
    private const long Noise = 64 << 10;

    [Fact]
    public void Ten_thousand_scattered_ids_cost_at_most_five_bytes_each() =>
        BytesPerId(50, 10_000, 50_000_000).ShouldBeLessThanOrEqualTo(5.0);

    [Fact]
    public void A_million_ids_out_of_fifty_million_cost_at_most_two_and_a_half_bytes_each() =>
        BytesPerId(2, 1_000_000, 50_000_000).ShouldBeLessThanOrEqualTo(2.5);

    [Theory]
    [InlineData(3_000)]
    [InlineData(5_500)]
    [InlineData(17_000)]
    [InlineData(25_000)]
    [InlineData(60_000)]
    public void Any_number_of_ids_costs_at_most_five_bytes_each(int count) =>
        BytesPerId(50, count, 50_000_000).ShouldBeLessThanOrEqualTo(5.0);

    [Fact]
    public void A_million_consecutive_ids_cost_at_most_64_kilobytes()
    {
        var (sets, bytes) = Measure(() => [.. Enumerable.Range(0, 8).Select(i => Enumerable.Range(1_234_567 + i, 1_000_000).ToSet())]);
        sets.ShouldAllBe(set => set.Count == 1_000_000 && set.ResidentBytes <= 64 << 10);
        (bytes - Noise).ShouldBeLessThanOrEqualTo(sets.Length * (64 << 10));
    }

    [Fact]
    public void Three_users_cost_well_under_a_hundred_bytes()
    {
        var set = new[] { 5, 500_000, 50_000_000 }.ToSet();
        set.ResidentBytes.ShouldBeLessThanOrEqualTo(80);
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Resident_bytes_are_what_the_collector_sees(string shape)
    {
        var ids = IdShapes.Make(shape, 9);
        var (sets, _) = Measure(() => [.. Enumerable.Range(0, 200).Select(_ => ids.ToSet())]);
        sets.Length.ShouldBe(200);
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Resident_bytes_kept_while_adding_equal_those_counted_anew(string shape)
    {
        var set = new IdSet();
        var i = 0;
        foreach (var id in IdShapes.Make(shape, 10))
        {
            set.Add(id);
            if (i++ % 997 == 0 && set.IsRoaring)
            {
                var roaring = set.ToRoaring();
                var data = 0L;
                foreach (var container in roaring.Containers)
                {
                    data += container.DataBytes;
                }

                (roaring.ResidentBytes - data).ShouldBeInRange(0, 72 + 24 * roaring.Size + 64);
            }
        }
    }

    [Fact]
    public void Adding_what_is_there_and_asking_allocate_nothing()
    {
        foreach (var shape in IdShapes.Names.Select(row => row.Data))
        {
            var ids = IdShapes.Make(shape, 12);
            var set = ids.ToSet();
            var found = 0;
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var id in ids)
            {
                found += set.Add(id) ? 0 : 1;
                found += set.Contains(id) ? 1 : 0;
            }

            _ = set.ResidentBytes;
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0, shape);
            found.ShouldBe(2 * ids.Length);
        }
    }

    [Theory]
    [InlineData(200_000, int.MaxValue)]
    [InlineData(200_000, 20_000_000)]
    [InlineData(500_000, 1_000_000)]
    public void Growing_allocates_a_bounded_multiple_of_what_is_kept(int count, int range)
    {
        var random = new Random(13);
        var set = new IdSet();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            set.Add(random.Next(range));
        }

        // Growth by an eighth: a geometric series of nine times the last size, and a little for changing over.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(14 * Math.Max(set.ResidentBytes, 4 * set.Count));
    }

    private static double BytesPerId(int sets, int count, int range)
    {
        var (made, bytes) = Measure(() => [.. Enumerable.Range(0, sets).Select(seed => Random(seed, count, range))]);
        var ids = made.Sum(set => set.Count);
        var perId = (double)Math.Max(bytes - Noise, made.Sum(set => set.ResidentBytes)) / ids;
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{count} of {range}: {perId:F2} bytes an id"));
        return perId;
    }

    private static IdSet Random(int seed, int count, int range)
    {
        var random = new Random(seed);
        var set = new IdSet();
        while (set.Count < count)
        {
            set.Add(random.Next(range));
        }

        return set;
    }

    /// <summary>Makes sets and returns the bytes the collector sees, having checked that they state the same.</summary>
    private static (IdSet[] Made, long Bytes) Measure(Func<IdSet[]> make)
    {
        // Pooled buffers that other tests left may be let go at any collection, also between the two
        // readings; such a reading is off once, a wrong statement each time.
        for (var attempt = 1; ; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var made = make();
            var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
            var stated = made.Sum(set => set.ResidentBytes);
            if (Math.Abs(bytes - stated) <= stated / 50 + Noise)
            {
                return (made, bytes);
            }

            attempt.ShouldBeLessThan(5, FormattableString.Invariant($"{stated} bytes stated, {bytes} seen by the collector"));
        }
    }
}
