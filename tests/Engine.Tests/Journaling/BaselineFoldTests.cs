using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class BaselineFoldTests
{
    private readonly JournaledPartition _partition = new();

    [Fact]
    public async Task Plan_ends_before_the_first_entry_that_is_not_past_its_retention()
    {
        await _partition.OwnAsync(atMs: 1000);
        _partition.Persist(new RandomEvents(1).Take(5), atMs: 2000);
        _partition.Persist(new RandomEvents(2).Take(5), atMs: 3000);
        await _partition.OwnAsync(atMs: 4000);
        _partition.Persist(new RandomEvents(3).Take(5), atMs: 5000);

        long?[] planned = await Task.WhenAll(new[] { 1000L, 1001, 2001, 3001, 4000, 4001, 9000 }
            .Select(async before => (await _partition.PlanAsync(beforeMs: before))?.SequenceNr));

        planned.ShouldBe([null, 1, 2, 3, 3, 4, 5]);
    }

    [Fact]
    public async Task Plan_ends_at_the_SequenceNr_that_may_be_trimmed_through()
    {
        await _partition.OwnAsync();
        _partition.PersistAll(new RandomEvents(1).Take(40), new Random(1));

        (await _partition.PlanAsync(through: 4))!.SequenceNr.ShouldBe(4);
        (await _partition.PlanAsync(through: 1))!.States.ShouldBeEmpty();
        (await _partition.PlanAsync(through: 0)).ShouldBeNull();
        await _partition.TrimAsync(through: 4);
        (await _partition.PlanAsync(through: 4)).ShouldBeNull();
    }

    [Fact]
    public async Task States_are_those_of_the_Counters_that_changed_at_the_blocks_that_changed_them()
    {
        await _partition.OwnAsync();
        EventSpec[] events = new RandomEvents(1).Take(2);
        _partition.Persist([events[0]]);
        _partition.Persist([events[0], events[1]]);
        _partition.Persist([events[1]]);
        await _partition.TrimAsync(through: 3);

        BaselinePlan plan = (await _partition.PlanAsync())!;

        plan.States.Select(write => write.Kind).ShouldBe([SnapshotKind.BaselineParts, SnapshotKind.Baseline]);
        SnapshotWrite state = plan.States[1];
        state.SequenceNr.ShouldBe(4);
        state.Epoch.ShouldBe(_partition.Epoch);
        state.Kind.ShouldBe(SnapshotKind.Baseline);
        state.Key.ShouldBe(SnapshotKeys.Of(events[1].CounterId));
        state.Bytes.ShouldBe(CounterCodec.Encode(_partition.Counters[events[1].CounterId]));
    }

    [Fact]
    public async Task Long_journal_takes_several_plans_of_a_bounded_size()
    {
        await _partition.OwnAsync();
        EventSpec[] events = new RandomEvents(1) { Topics = 1, Days = 1 }.Take(10_000);
        for (int i = 0; i < 12; i++)
        {
            _partition.Persist(events);
        }

        var planned = new List<long>();
        while (await _partition.TrimAsync() is { } plan)
        {
            planned.Add(plan.SequenceNr);
        }

        planned.ShouldBe([6, 11, 13]);
        JournaledPartition.ShouldBeTheSame(
            await _partition.Fold().RunAsync(0, DataLoad.Engine.Statistics.StatisticsFilter.All, limitOf: null, default), _partition.Counters);
    }

    [Fact]
    public async Task What_is_damaged_never_enters_the_baseline()
    {
        await _partition.OwnAsync();
        _partition.Persist(new RandomEvents(1).Take(5));
        _partition.Persist(new RandomEvents(2).Take(5));
        byte[] bytes = ((Block)_partition.Journal[0][3]).Bytes.ToArray();
        bytes[^20] ^= 1;
        _partition.Journal[0][3] = new Block(bytes);

        (await Should.ThrowAsync<StoredFormatException>(() => _partition.PlanAsync())).Message.ShouldContain("damaged at SequenceNr 3");
        (await _partition.PlanAsync(through: 2))!.SequenceNr.ShouldBe(2);
    }
}
