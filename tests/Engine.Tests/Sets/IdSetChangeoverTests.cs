using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

/// <summary>The places where a set or a container changes its form.</summary>
public sealed class IdSetChangeoverTests
{
    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    public void A_container_holds_every_other_id_around_the_array_limit(int count)
    {
        var ids = Enumerable.Range(0, count).Select(i => 65_536 + 2 * i).ToArray();
        var set = ids.ToSet();
        set.ShouldHold(ids);
        Kind(set).ShouldBe(count <= 4096 ? ContainerKind.Array : ContainerKind.Bitmap);
        Enumerable.Reverse(ids).ToSet().ShouldHold(ids);
        IdSet.Read(set.Stored()).ShouldHold(ids);
        set.Add(65_537).ShouldBeTrue();
        set.Add(65_537).ShouldBeFalse();
        set.ShouldHold([.. ids, 65_537]);
    }

    [Theory]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public void Consecutive_ids_become_runs_in_either_direction(int count)
    {
        var ids = Enumerable.Range(131_072, count).ToArray();
        foreach (var set in new[] { ids.ToSet(), Enumerable.Reverse(ids).ToSet() })
        {
            set.ShouldHold(ids);
            Kind(set).ShouldBe(ContainerKind.Runs);
            set.ResidentBytes.ShouldBeLessThan(400);
            IdSet.Read(set.Stored()).ShouldHold(ids);
        }
    }

    [Theory]
    [InlineData(4000)]
    [InlineData(4096)]
    [InlineData(4200)]
    [InlineData(20_000)]
    public void Runs_that_fall_to_pieces_become_an_array_or_a_bitmap(int consecutive)
    {
        var oracle = Enumerable.Range(0, consecutive).ToHashSet();
        var set = oracle.ToSet();
        Kind(set).ShouldBe(ContainerKind.Runs);
        var random = new Random(consecutive);
        for (var i = 0; i < 12_000; i++)
        {
            var id = random.Next(65_536);
            set.Add(id).ShouldBe(oracle.Add(id));
        }

        Kind(set).ShouldBe(ContainerKind.Bitmap);
        set.ShouldHold(oracle);
    }

    [Fact]
    public void Filling_a_container_in_any_order_ends_in_the_shared_full_one()
    {
        var ids = Enumerable.Range(0, 65_536).ToArray();
        new Random(1).Shuffle(ids);
        var set = ids.ToSet();
        Kind(set).ShouldBe(ContainerKind.Runs);
        set.ToRoaring().Containers[0].DataBytes.ShouldBe(0);
        set.Add(12).ShouldBeFalse();

        // What follows must not reach other full containers through the shared array.
        set = IdSet.Intersect(set, Enumerable.Range(0, 65_536).Where(id => id != 500).ToSet());
        set.Count.ShouldBe(65_535);
        Enumerable.Range(0, 65_536).ToSet().Count.ShouldBe(65_536);
        Enumerable.Range(0, 65_536).ToSet().Contains(500).ShouldBeTrue();
    }

    [Theory]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(1000)]
    public void Scattered_ids_stay_sparse_around_the_list_limit(int count)
    {
        var random = new Random(count);
        var ids = Enumerable.Range(0, count).Select(_ => random.Next()).Distinct().ToArray();
        var set = ids.ToSet();
        set.IsRoaring.ShouldBeFalse();
        set.ShouldHold(ids);
        set.Add(ids[0]).ShouldBeFalse();
    }

    [Fact]
    public void A_set_goes_to_containers_as_it_grows_dense_and_back_as_it_thins_out()
    {
        var random = new Random(11);
        var oracle = new HashSet<int>();
        var set = new IdSet();
        while (!set.IsRoaring)
        {
            var id = random.Next(10_000_000);
            set.Add(id).ShouldBe(oracle.Add(id));
        }

        oracle.Count.ShouldBeInRange(3_000, 4_500); // 153 containers, about twenty ids each
        set.ShouldHold(oracle);
        var few = oracle.Take(500).ToHashSet();
        set = IdSet.Intersect(set, few.ToSet());
        set.IsRoaring.ShouldBeFalse();
        set.ShouldHold(few);
    }

    private static ContainerKind Kind(IdSet set) => set.ToRoaring().Containers[0].Kind;
}
