using DataLoad.Engine.Counting.Sets;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sets;

public sealed class IdSetAlgebraTests
{
    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void Every_operation_on_every_pair_of_shapes_agrees_with_a_hash_set(string shape)
    {
        var left = IdShapes.Make(shape, 1).ToHashSet();
        var leftSet = left.ToSet();
        foreach (var otherShape in IdShapes.Names.Select(row => row.Data))
        {
            var right = IdShapes.Make(otherShape, 2).ToHashSet();
            var rightSet = right.ToSet();

            // Some of the left ones too, or scattered shapes would have next to nothing in common.
            foreach (var id in left.Where(id => id % 3 == 0))
            {
                right.Add(id);
                rightSet.Add(id);
            }

            int[] union = [.. left.Union(right)], common = [.. left.Intersect(right)];
            IdSet.Union([leftSet, rightSet]).ShouldHold(union);
            IdSet.Intersect(leftSet, rightSet).ShouldHold(common);
            InPlace(leftSet, set => set.UnionWith(rightSet)).ShouldHold(union);

            leftSet.ShouldHold(left);
            rightSet.ShouldHold(right);
        }
    }

    [Fact]
    public void The_union_of_many_sets_agrees_with_a_hash_set_and_shares_nothing_with_them()
    {
        var parts = IdShapes.Names.Select((row, i) => IdShapes.Make(row.Data, i)).ToArray();
        var sets = parts.Select(IdShapes.ToSet).ToArray();
        var union = IdSet.Union(sets);
        var oracle = parts.SelectMany(ids => ids).ToHashSet();
        union.ShouldHold(oracle);

        for (var id = 0; id < 3_000_000; id += 11)
        {
            union.Add(id);
        }

        for (var i = 0; i < sets.Length; i++)
        {
            sets[i].ShouldHold(parts[i].ToHashSet());
        }
    }

    [Fact]
    public void The_union_of_no_sets_is_empty() => IdSet.Union([]).IsEmpty.ShouldBeTrue();

    [Theory]
    [MemberData(nameof(IdShapes.Names), MemberType = typeof(IdShapes))]
    public void A_set_combines_with_itself_and_with_nothing(string shape)
    {
        var ids = IdShapes.Make(shape, 4).ToHashSet();
        var set = ids.ToSet();
        InPlace(set, s => s.UnionWith(s)).ShouldHold(ids);
        IdSet.Intersect(set, set).ShouldHold(ids);
        InPlace(set, s => s.UnionWith(new IdSet())).ShouldHold(ids);
        IdSet.Intersect(set, new IdSet()).ShouldHold([]);
        InPlace(new IdSet(), s => s.UnionWith(set)).ShouldHold(ids);
    }

    [Fact]
    public void Results_can_be_added_to()
    {
        // Results are built to size; what is added next must find its way in all of them.
        foreach (var shape in IdShapes.Names.Select(row => row.Data))
        {
            var oracle = IdShapes.Make(shape, 6).ToHashSet();
            var set = IdSet.Intersect(IdSet.Union([oracle.ToSet(), oracle.ToSet(), new IdSet()]), oracle.ToSet());
            var random = new Random(7);
            for (var i = 0; i < 20_000; i++)
            {
                var id = random.Next(4) == 0 ? random.Next() : random.Next(300_000);
                set.Add(id).ShouldBe(oracle.Add(id));
            }

            set.ShouldHold(oracle);
        }
    }

    private static IdSet InPlace(IdSet set, Action<IdSet> change)
    {
        var copy = set.Clone();
        change(copy);
        return copy;
    }
}
