using DataLoad.Engine.Questions;
using DataLoad.Host.Questions;
using Shouldly;
using Xunit;

namespace DataLoad.Host.Tests.Questions;

/// <summary>The order of unions, compared with that of all of them.</summary>
public sealed class UnionOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_comes_first_by_unions_is_what_comes_first_when_all_are_united(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            Item[] items = Items(random, random.Next(3_000), largest: i % 3 == 0 ? 3 : 10_000);
            var list = new List(items, random.Next(2) == 0);
            int offset = random.Next(400);
            int limit = 1 + random.Next(200);

            List<Item> first = await list.Order().FirstAsync(offset, limit);

            IOrderedEnumerable<Item> all = list.IsDescending ? items.OrderByDescending(item => item.Union) : items.OrderBy(item => item.Union);
            first.Select(item => item.Key).ShouldBe(all.ThenBy(item => item.Key).Skip(offset).Take(limit).Select(item => item.Key));
            first.ShouldAllBe(item => item.Value == item.Union);
        }
    }

    [Fact]
    public async Task The_largest_unions_are_found_without_uniting_all()
    {
        var random = new Random(4);
        Item[] items = [.. Enumerable.Range(0, 50_000).Select(key => new Item(key, 10, 1_000_000_000L / (key + 1), random) { Union = 900_000_000L / (key + 1) })];
        var list = new List(items, isDescending: true);
        await list.Order().FirstAsync(0, 50);
        list.United.ShouldBeLessThan(600);

        // None of them is larger than another.
        var equal = new List([.. Enumerable.Range(0, 50_000).Select(key => new Item(key, 10, 0, random))], isDescending: true);
        (await equal.Order().FirstAsync(100, 50)).Select(item => item.Key).ShouldBe(Enumerable.Range(100, 50));
        equal.United.ShouldBeLessThan(600);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_rows_than_may_be_are_refused_with_the_setting_before_they_are_united(bool isDescending)
    {
        List list = Make();
        (await Should.ThrowAsync<QuestionTooLargeException>(() => list.Order(maxRows: 19_999).FirstAsync(0, 5))).Message.ShouldBe(
            "To find the order of visit_user_cnt, the people of more than 19999 rows would have to be united (dataload.questions.max-sorted-rows): "
            + "ask for fewer days, topics or pages of the list, or sort by a count, an amount or the key.");
        (list.United * 10).ShouldBeLessThan(20_000);
        (await Make().Order(maxRows: 20_000).FirstAsync(0, 1)).Single().Key.ShouldBe(isDescending ? 1_999 : 0);

        // The last one is the largest: no sum tells.
        List Make() => new([.. Enumerable.Range(0, 2_000).Select(key => new Item(key, 10, 1_000_000 - key, new Random(1)) { Union = key })], isDescending);
    }

    [Fact]
    public void Texts_are_ordered_by_code_points()
    {
        string[] texts = ["", "A", "a", "ab", "é", "\uFFFD", "🐻", "🐻a"];
        texts.Reverse().Order(Comparer<string>.Create(UnionOrder.Compare)).ShouldBe(texts);
    }

    private static Item[] Items(Random random, int count, int largest) =>
        [.. Enumerable.Range(0, count).Select(key => new Item(key, 1 + random.Next(5), random.Next(largest), random))];

    private sealed class Item
    {
        public Item(int key, int rows, long sum, Random random)
        {
            (Key, Rows, Sum, Value) = (key, rows, sum, sum);
            Union = rows == 1 ? sum : (sum / rows) + random.NextInt64(sum - (sum / rows) + 1);
        }

        public int Key { get; }
        public int Rows { get; }
        public long Sum { get; }
        public long Union { get; init; }
        public long Value { get; set; }
    }

    private sealed class List(Item[] items, bool isDescending)
    {
        private readonly Item[] _sorted = [.. (isDescending ? items.OrderByDescending(item => item.Sum) : items.OrderBy(item => item.Sum)).ThenBy(item => item.Key)];

        public bool IsDescending => isDescending;

        public int United { get; private set; }

        public UnionOrder<Item, int> Order(int maxRows = int.MaxValue - 1) => new()
        {
            Name = "visit_user_cnt",
            IsDescending = isDescending,
            MaxRows = maxRows,
            KeyOf = item => item.Key,
            CompareKeys = (one, other) => one.CompareTo(other),
            RowsOf = item => item.Rows,
            ValueOf = item => item.Value,
            ReadAsync = (offset, limit) => Task.FromResult<IReadOnlyList<Item>>([.. _sorted.Skip(offset).Take(limit)]),
            UniteAsync = some =>
            {
                United += some.Count;
                foreach (Item item in some)
                {
                    item.Value = item.Union;
                }

                return Task.CompletedTask;
            },
        };
    }
}
