using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

/// <summary>What a set says that it weighs, and which form it takes for that: known answers, and bounds at every size. Whether it says the truth is weighed in
/// <see cref="IdSetMemoryTests"/>.</summary>
public sealed class IdSetSizeTests
{
    private const long ObjectBytes = 40;
    private const long ArrayBytes = 24;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 4)]
    [InlineData(4, 4)]
    [InlineData(5, 8)]
    [InlineData(31, 36)]
    [InlineData(128, 128)]
    public void A_few_ids_weigh_their_object_and_an_array_of_four_bytes_each(int count, int slots) =>
        Scattered(count).ToSet().ResidentBytes.ShouldBe(ObjectBytes + (slots == 0 ? 0 : ArrayBytes + (4 * slots)));

    [Fact]
    public void A_list_grows_by_four_and_then_by_a_quarter()
    {
        var set = new IdSet();
        var lengths = new List<long>();
        foreach (int id in Scattered(128))
        {
            set.Add(id);
            long slots = (set.ResidentBytes - ObjectBytes - ArrayBytes) / 4;
            if (lengths.LastOrDefault() != slots)
            {
                lengths.Add(slots);
            }
        }

        lengths.ShouldBe([4, 8, 12, 16, 20, 24, 30, 36, 44, 54, 66, 82, 102, 126, 128]);
    }

    [Fact]
    public void Scattered_ids_weigh_at_most_five_bytes_each_at_every_number_of_them()
    {
        var set = new IdSet();
        int count = 0;
        foreach (int id in Scattered(40_000))
        {
            set.Add(id);
            count++;
            if (count > 128)
            {
                set.IsRoaring.ShouldBeFalse();
                set.ResidentBytes.ShouldBeInRange(4 * count, (long)(4.95 * count) + 150, $"of {count} ids");
            }
        }
    }

    [Theory]
    [InlineData(129)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void A_table_that_is_made_at_once_has_room_for_a_few_more(int count)
    {
        IdSet set = IdSet.FromSorted([.. Scattered(count).Order()]);
        long made = set.ResidentBytes;
        made.ShouldBeInRange(4 * count, (long)(4.6 * count) + 150);

        set.Add(5).ShouldBeTrue();

        set.ResidentBytes.ShouldBe(made);
    }

    [Fact]
    public void A_run_weighs_its_object_its_container_and_a_pair()
    {
        IdSet set = IdSet.FromSorted([.. Enumerable.Range(100, 1_000)]);

        set.IsRoaring.ShouldBeTrue();
        set.ResidentBytes.ShouldBe(ObjectBytes + 48 + (ArrayBytes + 16) + (ArrayBytes + 8));
    }

    [Fact]
    public void A_container_that_is_full_weighs_nothing_however_it_filled()
    {
        IdSet inOrder = Enumerable.Range(0, 65_536).ToSet();
        int[] shuffled = [.. Enumerable.Range(0, 65_536)];
        new Random(3).Shuffle(shuffled);

        foreach (IdSet set in new[] { inOrder, shuffled.ToSet() })
        {
            long before = set.ResidentBytes;
            set.Add(70_000);
            before.ShouldBe(ObjectBytes + 48 + ArrayBytes + 16);
            (set.ResidentBytes - before).ShouldBe((2 * 16) + ArrayBytes + 8, "room for two containers, and one with an id");
        }
    }

    [Theory]
    [InlineData(31, 1, false)]
    [InlineData(32, 1, true)]
    [InlineData(199, 10, false)]
    [InlineData(200, 10, true)]
    public void Ids_suit_containers_from_twenty_each_on(int count, int containers, bool suits) => Density.SuitsRoaring(count, containers).ShouldBe(suits);

    [Theory]
    [InlineData(15, 1, true)]
    [InlineData(16, 1, false)]
    [InlineData(99, 10, true)]
    [InlineData(100, 10, false)]
    [InlineData(101, 10, false)]
    public void Ids_leave_containers_below_ten_each(int count, int containers, bool suits) => Density.SuitsSparse(count, containers).ShouldBe(suits);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    public void The_form_of_a_set_follows_the_number_of_its_containers(int firstContainer)
    {
        // Fifty containers of twenty ids are as dense as containers need; one id less is not.
        int[] dense = [.. Enumerable.Range(0, 1_000).Select(i => ((firstContainer + (i / 20)) << 16) | (i % 20 * 3_000))];

        IdSet.FromSorted(dense).IsRoaring.ShouldBeTrue();
        IdSet.FromSorted(dense.AsSpan(1)).IsRoaring.ShouldBeFalse();
        IdSet.FromSorted(dense).CountContainers().ShouldBe(50);
        IdSet.FromSorted(dense.AsSpan(1)).CountContainers().ShouldBe(50);
    }

    [Fact]
    public void A_set_that_became_sparse_by_an_intersection_weighs_what_a_sparse_one_does()
    {
        IdSet dense = Enumerable.Range(0, 200_000).ToSet();
        IdSet other = Enumerable.Range(199_990, 200_000).ToSet();

        IdSet common = IdSet.Intersect(dense, other);

        common.ShouldHold([.. Enumerable.Range(199_990, 10)]);
        common.IsRoaring.ShouldBeFalse();
        common.ResidentBytes.ShouldBe(ObjectBytes + ArrayBytes + 40);
    }

    [Fact]
    public void An_intersection_keeps_no_room_for_containers_that_it_lacks()
    {
        IdSet wide = Enumerable.Range(0, 100).SelectMany(key => Enumerable.Range(key << 16, 200)).ToSet();
        IdSet narrow = Enumerable.Range(0, 100).SelectMany(key => Enumerable.Range((key << 16) + (key < 10 ? 0 : 300), 200)).ToSet();

        IdSet common = IdSet.Intersect(wide, narrow);

        common.Count.ShouldBe(2_000);
        common.ResidentBytes.ShouldBe(ObjectBytes + 48 + (ArrayBytes + (10 * 16)) + (10 * (ArrayBytes + 8)));
    }

    [Fact]
    public void An_id_whose_hash_would_lie_beyond_the_end_of_a_table_is_not_in_it_and_finds_room()
    {
        // The last places are taken by the highest hashes but one, so that a search for the highest runs over the end.
        for (int crowd = 8; crowd <= 24; crowd++)
        {
            int[] ids = [.. Scattered(200).Where(id => IdHash.Of((uint)id) < int.MaxValue - 100), .. Enumerable.Range(1, crowd).Select(i => Chosen(int.MaxValue - i))];
            IdSet set = ids.ToSet();

            set.Contains(Chosen(int.MaxValue)).ShouldBeFalse();
            set.Add(Chosen(int.MaxValue)).ShouldBeTrue();
            set.Add(Chosen(int.MaxValue)).ShouldBeFalse();

            set.ShouldHold([.. ids, Chosen(int.MaxValue)]);
        }
    }

    [Fact]
    public void Hashes_that_crowd_anywhere_make_a_table_longer_or_a_set_of_containers()
    {
        foreach (int crowd in (int[])[50, 500, 8_000, 8_200, 9_000])
        {
            foreach (int start in (int[])[0, 1 << 20, 1 << 30, int.MaxValue - 20_000])
            {
                int[] ids = [.. Scattered(1_000), .. Enumerable.Range(start, crowd).Select(Chosen)];
                ids.ToSet().ShouldHold([.. ids.Distinct()]);
                IdSet.FromSorted([.. ids.Distinct().Order()]).ShouldHold([.. ids.Distinct()]);
            }
        }
    }

    /// <summary>The id of a hash.</summary>
    private static int Chosen(int hash) => (int)IdHash.Invert((uint)hash);

    /// <summary>Distinct ids of many containers, none of them 5.</summary>
    private static int[] Scattered(int count)
    {
        var random = new Random(11);
        var ids = new HashSet<int>();
        while (ids.Count < count)
        {
            ids.Add(6 + random.Next(int.MaxValue - 6));
        }

        return [.. ids];
    }
}
