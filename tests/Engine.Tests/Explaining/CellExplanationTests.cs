using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Explaining;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Explaining;

public sealed class CellExplanationTests
{
    private const int AllOfThem = int.MaxValue;

    private readonly JournaledPartition _partition = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_cell_is_what_its_events_add_and_of_distinct_ones_those_that_first_brought_a_member(int seed)
    {
        EventSpec[] events = new RandomEvents(seed) { Topics = 2, Days = 2, Users = 6 }.Take(400);
        await _partition.OwnAsync();
        _partition.PersistAll(events, new Random(seed));

        foreach (Counter counter in _partition.Counters.Values)
        {
            for (int metric = 0; metric < counter.Page.Metrics.Length; metric++)
            {
                ExplainedCell<Shown> found = await ExplainAsync(new ExplainedId(counter.Page, counter.Id, metric, Part: null));

                Column column = ColumnOf(events, counter, metric);
                found.Value.ShouldBe(counter.Value(metric), column.Name);
                found.Added.ShouldBe(found.Value);
                found.Items.Select(item => item.Added).ShouldBe(column.Added, column.Name);
                found.Events.ShouldBe(column.Added.Count);
                found.Items.Select(item => item.Value).LastOrDefault().ShouldBe(found.Value);
                found.Next.ShouldBeNull();
            }
        }
    }

    [Fact]
    public async Task The_parts_of_a_sum_add_up_to_it_and_each_part_has_its_own_members()
    {
        EventSpec[] events = new RandomEvents(5) { Topics = 1, Days = 1, Users = 4 }.Take(150);
        await _partition.OwnAsync();
        _partition.PersistAll(events, new Random(5));

        foreach (Counter counter in _partition.Counters.Values)
        {
            EventSpec[] own = [.. events.Where(spec => spec.CounterId.Equals(counter.Id))];
            foreach (Breakdown breakdown in Enum.GetValues<Breakdown>())
            {
                var @event = new BusinessEvent();
                ILookup<BreakdownValue, EventSpec> parts = own.ToLookup(spec => BreakdownValue.Of(breakdown, spec.Fill(@event)));
                for (int metric = 0; metric < counter.Page.Metrics.Length; metric++)
                {
                    long sum = 0;
                    foreach (IGrouping<BreakdownValue, EventSpec> part in parts)
                    {
                        ExplainedCell<Shown> found = await ExplainAsync(new ExplainedId(counter.Page, counter.Id, metric, part.Key));
                        found.Items.Select(item => item.Added).ShouldBe(ColumnOf([.. part], counter, metric).Added, part.Key.ToString());
                        sum += found.Value;
                    }

                    if (counter.Page.Metrics[metric].Kind != MetricKind.Distinct)
                    {
                        sum.ShouldBe(counter.Value(metric));
                    }
                }
            }
        }
    }

    [Fact]
    public async Task Pages_of_any_size_hold_together_what_one_holds()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(7) { Topics = 1, Days = 1 }.Take(3000), new Random(7));
        ExplainedId cell = Cell(_partition.Counters.Values.MaxBy(counter => counter.Value(0))!, 0);
        ExplainedCell<Shown> whole = await ExplainAsync(cell);
        whole.Events.ShouldBeGreaterThan(5);

        foreach (int limit in new[] { 1, 2, 3, (int)whole.Events - 1, (int)whole.Events })
        {
            var read = new List<Shown>();
            JournalPlace? after = JournalPlace.Start;
            while (after is { } place)
            {
                ExplainedCell<Shown> page = await ExplainAsync(cell, place, limit);
                (page.Value, page.Added, page.Events).ShouldBe((whole.Value, whole.Added, whole.Events), "all of it is added up on each page");
                page.Items.Count.ShouldBeLessThanOrEqualTo(limit);
                read.AddRange(page.Items);
                after = page.Next;
            }

            read.ShouldBe(whole.Items);
        }
    }

    [Fact]
    public async Task What_was_trimmed_is_the_baseline_and_the_rest_adds_up_on_top_of_it()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(9) { Topics = 1, Days = 1, Users = 50 }.Take(200), new Random(9));
        Dictionary<CounterId, long[]> before = _partition.Counters.ToDictionary(counter => counter.Key, counter => counter.Value.Values());
        BaselinePlan trimmed = (await _partition.TrimAsync())!;
        _partition.PersistAll(new RandomEvents(10) { Topics = 1, Days = 1, Users = 50 }.Take(200), new Random(10));

        foreach (Counter counter in _partition.Counters.Values)
        {
            for (int metric = 0; metric < counter.Page.Metrics.Length; metric++)
            {
                ExplainedCell<Shown> found = await ExplainAsync(Cell(counter, metric));
                found.BaselineSequenceNr.ShouldBe(trimmed.SequenceNr);
                found.Baseline.ShouldBe(before.TryGetValue(counter.Id, out long[]? values) ? values[metric] : 0);
                (found.Baseline + found.Added).ShouldBe(counter.Value(metric));
                found.Value.ShouldBe(counter.Value(metric));

                // Of a part the baseline tells nothing: it is what the journal has.
                ExplainedCell<Shown> part = await ExplainAsync(Cell(counter, metric) with { Part = BreakdownValue.Of(Breakdown.Channel, "") });
                part.Value.ShouldBe(part.Added);
                part.Baseline.ShouldBe(found.Baseline);
            }
        }
    }

    [Fact]
    public async Task The_value_at_a_row_is_that_of_the_blocks_up_to_its_SequenceNr()
    {
        StreamDefinition stream = Catalog.Default.Streams[0];
        await _partition.OwnAsync();
        EventSpec @event = new RandomEvents(1).Take(200).First(spec => spec.Stream == stream);
        for (int i = 0; i < 3; i++)
        {
            _partition.Persist([@event, @event]);
        }

        Counter counter = _partition.Counters[@event.CounterId];
        int metric = Enumerable.Range(0, counter.Page.Metrics.Length).First(place => counter.Value(place) == 6);

        foreach ((long? row, long? value) in new (long?, long?)[] { (null, null), (1, 0), (2, 2), (3, 4), (4, 6), (99, 6) })
        {
            ExplainedCell<Shown> found = await ExplainAsync(Cell(counter, metric), JournalPlace.Start, AllOfThem, row);
            found.ValueAtRow.ShouldBe(value);
            found.Value.ShouldBe(6);
            found.LastSequenceNr.ShouldBe(4);
        }
    }

    [Fact]
    public async Task Damage_is_named()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(1).Take(20), new Random(1));
        byte[] bytes = ((Block)_partition.Journal[0][2]).Bytes.ToArray();
        bytes[^20] ^= 1;
        _partition.Journal[0][2] = new Block(bytes);

        (await Should.ThrowAsync<StoredFormatException>(() => ExplainAsync(Cell(_partition.Counters.Values.First(), 0)))).Message.ShouldContain("SequenceNr 2");
    }

    private static ExplainedId Cell(Counter counter, int metric) => new(counter.Page, counter.Id, metric, Part: null);

    private Task<ExplainedCell<Shown>> ExplainAsync(ExplainedId cell) => ExplainAsync(cell, JournalPlace.Start, AllOfThem);

    private Task<ExplainedCell<Shown>> ExplainAsync(ExplainedId cell, JournalPlace after, int limit, long? row = null) =>
        new CellExplanation(JournaledPartition.Plan, _partition.Reader, _partition.Store.Partitions, _partition.Store.Snapshots, _partition.Store.Declarations).RunAsync(
            JournaledPartition.Partition,
            cell,
            new ExplainedPage(after, limit, row),
            (decoder, addition) => new Shown(new JournalPlace(decoder.SequenceNr, addition.Index), addition.Added, addition.Value),
            TestContext.Current.CancellationToken);

    /// <summary>What events add to a metric, one after the other, by the catalog's own words.</summary>
    private static Column ColumnOf(EventSpec[] events, Counter counter, int metric)
    {
        string name = counter.Page.Metrics[metric].Column;
        var members = new HashSet<long>();
        var added = new List<long>();
        foreach (EventSpec spec in events.Where(spec => spec.CounterId.Equals(counter.Id)))
        {
            long sum = 0;
            foreach (Contribution contribution in spec.Stream.Contributions.Where(contribution => string.Equals(contribution.Column, name, StringComparison.Ordinal)
                && (contribution.When is null || Fact(contribution.When.Fact) == contribution.When.Value)))
            {
                sum += contribution.Kind switch
                {
                    ContributionKind.One => 1,
                    ContributionKind.Fact => Fact(contribution.Fact!),
                    ContributionKind.User => spec.WuId > 0 && members.Add(spec.WuId) ? 1 : 0,
                    _ => (int)Fact(contribution.Fact!) > 0 && members.Add((int)Fact(contribution.Fact!)) ? 1 : 0,
                };
            }

            if (sum != 0)
            {
                added.Add(sum);
            }

            long Fact(string fact) => spec.Facts[spec.Stream.FactIndex(fact)];
        }

        return new Column(name, added);
    }

    private sealed record Shown(JournalPlace Place, long Added, long Value);

    private sealed record Column(string Name, IReadOnlyList<long> Added);
}
