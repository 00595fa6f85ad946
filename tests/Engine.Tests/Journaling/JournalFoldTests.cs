using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class JournalFoldTests
{
    private readonly JournaledPartition _partition = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Fold_gives_what_the_events_give_whatever_the_blocks_and_however_much_is_in_the_baseline(int seed)
    {
        var random = new Random(seed);
        for (int owner = 0; owner < 3; owner++)
        {
            await _partition.OwnAsync();
            _partition.PersistAll(new RandomEvents((seed * 10) + owner) { Users = 50 }.Take(60), random);
            JournaledPartition.ShouldBeTheSame(await FoldAsync(), _partition.Counters);
            await _partition.TrimAsync(through: random.NextInt64(_partition.SequenceNr + 1));
        }

        JournaledPartition.ShouldBeTheSame(await FoldAsync(), _partition.Counters);
    }

    [Fact]
    public async Task Fold_of_a_filter_gives_its_Counters_alone()
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(200));
        var filter = new StatisticsFilter(TopicType: "lesson", To: 739_675);

        Dictionary<CounterId, Counter> folded = await _partition.Fold().RunAsync(0, filter, limitOf: null, default);

        folded.Count.ShouldBeGreaterThan(3);
        JournaledPartition.ShouldBeTheSame(
            folded,
            _partition.Counters.Where(counter => string.Equals(counter.Key.Topic.Type, "lesson", StringComparison.Ordinal) && counter.Key.Day <= 739_675)
                .ToDictionary());
    }

    [Fact]
    public async Task Limit_stops_a_Counters_fold_behind_a_block_and_takes_that_block_whole()
    {
        await _partition.OwnAsync();
        EventSpec spec = new RandomEvents(1).Next();
        foreach (int count in new[] { 1, 2, 3 })
        {
            _partition.Persist([.. Enumerable.Repeat(spec, count)]);
        }

        long[] positions = [.. await Task.WhenAll(Enumerable.Range(1, 4).Select(async limit =>
            (await _partition.Fold().RunAsync(0, StatisticsFilter.All, _ => limit, default)).Single().Value.SequenceNr))];

        positions.ShouldBe([0, 2, 3, 4]);
        Counter two = (await _partition.Fold().RunAsync(0, StatisticsFilter.All, _ => 3, default)).Single().Value;
        var expected = new Counter(spec.CounterId, two.Page);
        for (int i = 0; i < 3; i++)
        {
            JournaledPartition.Plan.Apply(spec.Fill(new BusinessEvent()), expected, i + 1);
        }

        two.Values().ShouldBe(expected.Values());
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(1, 5)]
    [InlineData(4, 5)]
    [InlineData(5, 3)]
    public async Task Journal_that_is_trimmed_while_it_is_folded_is_folded_from_its_new_baseline(long before, long through)
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(2).Take(60), new Random(3));
        BaselinePlan plan = (await _partition.PlanAsync(through: through))!;
        bool trimmed = false;
        _partition.Journal.BeforeRead = number =>
        {
            if (!trimmed && number == before)
            {
                trimmed = true;
                _partition.Store.Partitions.SaveBaselineAsync(0, _partition.Epoch, plan.SequenceNr, plan.States, default).AsTask()
                    .Wait(default(CancellationToken));
                _partition.Delete(through);
            }
        };

        JournaledPartition.ShouldBeTheSame(await FoldAsync(), _partition.Counters);

        trimmed.ShouldBeTrue();
    }

    [Fact]
    public async Task Journal_that_is_trimmed_each_time_it_is_folded_is_given_up_by_name()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(2).Take(60), new Random(3));
        long baseline = 0;
        _partition.Journal.BeforeRead = _ =>
            _partition.Store.Partitions.SaveBaselineAsync(0, _partition.Epoch, ++baseline, [], default).AsTask().Wait(default(CancellationToken));

        (await Should.ThrowAsync<TimeoutException>(FoldAsync)).Message.ShouldContain("Partition 0 was trimmed each of the 5 times");
    }

    [Fact]
    public async Task Gap_that_no_trim_explains_is_named()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(1).Take(60), new Random(1));
        _partition.Journal[0].Remove(3);

        (await Should.ThrowAsync<StoredFormatException>(FoldAsync)).Message.ShouldContain("after SequenceNr 2 comes 4");
    }

    private Task<Dictionary<CounterId, Counter>> FoldAsync() => _partition.Fold().RunAsync(0, StatisticsFilter.All, limitOf: null, default);
}
