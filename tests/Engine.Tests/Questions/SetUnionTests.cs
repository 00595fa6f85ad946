using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Questions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Questions;

public sealed class SetUnionTests
{
    [Theory]
    [InlineData(400, 5_000, 3_000_000)]
    [InlineData(40, 60_000, 100_000)]
    [InlineData(3, 800_000, int.MaxValue)]
    [InlineData(1, 1, 2)]
    public void Holds_what_any_of_the_sets_holds_however_many_ids_come(int sets, int ids, int below)
    {
        var random = new Random(sets);
        var expected = new HashSet<int>();
        var union = new SetUnion();
        for (int i = 0; i < sets; i++)
        {
            var set = new IdSet();
            for (int j = 0; j < ids; j++)
            {
                int id = random.Next(1, below);
                set.Add(id);
                expected.Add(id);
            }

            union.Add(set);
        }

        IdSet result = union.Result();

        result.Count.ShouldBe(expected.Count);
        result.All(expected.Contains).ShouldBeTrue();
        union.ResidentBytes.ShouldBeGreaterThanOrEqualTo(result.ResidentBytes);
    }

    [Fact]
    public void Of_no_sets_is_empty() => new SetUnion().Result().Count.ShouldBe(0);
}
