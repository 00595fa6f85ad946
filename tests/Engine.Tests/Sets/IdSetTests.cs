using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

public sealed class IdSetTests
{
    [Fact]
    public void A_new_set_is_empty()
    {
        var set = new IdSet();
        set.Count.ShouldBe(0);
        set.IsEmpty.ShouldBeTrue();
        set.Contains(0).ShouldBeFalse();
        set.ShouldBeEmpty();
    }

    [Fact]
    public void Adding_an_id_twice_counts_it_once()
    {
        var set = new IdSet();
        set.Add(7).ShouldBeTrue();
        set.Add(7).ShouldBeFalse();
        set.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_negative_id_is_refused_and_never_contained(int id)
    {
        var set = new IdSet();
        Should.Throw<ArgumentOutOfRangeException>(() => set.Add(id));
        set.Contains(id).ShouldBeFalse();
        set.IsEmpty.ShouldBeTrue();
        var dense = Enumerable.Range(0, 100).ToSet();
        Should.Throw<ArgumentOutOfRangeException>(() => dense.Add(id));
        dense.Contains(id).ShouldBeFalse();
    }

    [Fact]
    public void Copying_to_too_short_a_span_is_refused()
    {
        var set = new[] { 1, 2, 3 }.ToSet();
        Should.Throw<ArgumentException>(() => set.CopyTo(new int[2]));
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Adding_agrees_with_a_hash_set(string shape)
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            var set = new IdSet();
            var oracle = new HashSet<int>();
            foreach (var id in IdShapes.Make(shape, seed))
            {
                if (set.Add(id) != oracle.Add(id))
                {
                    throw new ShouldAssertException(FormattableString.Invariant($"Add({id}) differs at {oracle.Count} ids, seed {seed}"));
                }
            }

            set.ShouldHold(oracle);
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var probe = random.Next(2) == 0 ? random.Next() : random.Next(1_000_000);
                if (set.Contains(probe) != oracle.Contains(probe))
                {
                    throw new ShouldAssertException(FormattableString.Invariant($"Contains({probe}) differs, seed {seed}"));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void A_clone_and_its_original_change_apart(string shape)
    {
        var ids = IdShapes.Make(shape, 3).ToHashSet();
        var set = ids.ToSet();
        var clone = set.Clone();
        for (var id = 0; id < 70_000; id += 7)
        {
            clone.Add(id);
            set.Add(id + 1_000_003);
        }

        clone.ShouldHold([.. ids.Union(Enumerable.Range(0, 10_000).Select(i => 7 * i))]);
        set.ShouldHold([.. ids.Union(Enumerable.Range(0, 10_000).Select(i => 7 * i + 1_000_003))]);
    }

    [Fact]
    public void Ids_chosen_to_share_a_hash_slot_stay_exact_and_quick()
    {
        // The hash is a bijection, so the ids whose hashes are 0, 1, 2, ... can be had: the worst for a table.
        var ids = Enumerable.Range(0, 15_000).Select(hash => (int)IdHash.Invert((uint)hash)).ToArray();
        var last = Enumerable.Range(0, 15_000).Select(hash => (int)IdHash.Invert((uint)(int.MaxValue - hash))).ToArray();
        foreach (var chosen in new[] { ids, last, [.. ids.Reverse()] })
        {
            var set = chosen.ToSet();
            set.ShouldHold(chosen);
            set.ResidentBytes.ShouldBeLessThan(60 * chosen.Length);
            IdSet.Read(set.Stored()).ShouldHold(chosen);
        }
    }

    [Fact]
    public void The_hash_of_an_id_leads_back_to_it()
    {
        var random = new Random(5);
        foreach (var id in Enumerable.Range(0, 10_000).Select(_ => random.Next()).Concat([0, 1, 65_535, 65_536, int.MaxValue]))
        {
            IdHash.Of((uint)id).ShouldBeLessThanOrEqualTo((uint)int.MaxValue);
            IdHash.Invert(IdHash.Of((uint)id)).ShouldBe((uint)id);
        }
    }

    [Theory]
    [InlineData(7_108)]
    [InlineData(20_570)]
    [InlineData(66_052)]
    [InlineData(65_536)]
    [InlineData(1 << 18)]
    public void Ids_at_a_regular_stride_cost_no_more_than_random_ones(int stride)
    {
        // The first three made hashes of one multiplication crowd.
        var ids = Enumerable.Range(0, Math.Min(3_000, int.MaxValue / stride)).Select(i => i * stride).ToArray();
        var set = ids.ToSet();
        set.ShouldHold(ids);
        set.IsRoaring.ShouldBeFalse();
        set.ResidentBytes.ShouldBeLessThan(5 * ids.Length);
    }
}
