using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Journaling;

public sealed class JournalReplayTests
{
    private static readonly CountingPlan Plan = new(Catalog.Default);

    private readonly MemoryStoreState _state = new();

    [Theory]
    [InlineData("Snapshots.List", 60)]
    [InlineData("Snapshots.List", 20)]
    [InlineData("Journal.Read", 60)]
    [InlineData("Journal.Read", 20)]
    public async Task A_journal_that_is_trimmed_while_it_is_replayed_is_replayed_from_its_new_baseline(string before, long through)
    {
        EventSpec[] events = new RandomEvents(1).Take(60);
        long epoch = await JournalAsync(events);
        var expected = new Dictionary<CounterId, Counter>(await ReplayAsync(new MemoryStore(_state)));
        bool trimmed = false;
        var store = new MemoryStore(_state);
        store.Before = async operation =>
        {
            if (!trimmed && string.Equals(operation, before, StringComparison.Ordinal))
            {
                trimmed = true;
                var owner = new MemoryStore(_state);
                (await new JournalTrimmer(Plan, owner.Journal, owner.Snapshots).TrimAsync(0, epoch, long.MaxValue, through, default)).ShouldBe(through);
            }
        };

        Dictionary<CounterId, Counter> replayed = await ReplayAsync(store);

        trimmed.ShouldBeTrue();
        replayed.Keys.ShouldBe(expected.Keys, ignoreOrder: true);
        replayed.Values.ShouldAllBe(counter => counter.Values().SequenceEqual(expected[counter.Id].Values()) && counter.SequenceNr == expected[counter.Id].SequenceNr);
    }

    [Fact]
    public async Task A_gap_that_no_trim_explains_is_told()
    {
        await JournalAsync(new RandomEvents(1).Take(60));
        lock (_state.Gate)
        {
            _state.Journals[0].Remove(21);
        }

        (await Should.ThrowAsync<StoredFormatException>(() => ReplayAsync(new MemoryStore(_state)))).Message.ShouldContain("after SequenceNr 20 comes 41");
    }

    /// <summary>Three blocks of twenty events.</summary>
    private async Task<long> JournalAsync(EventSpec[] events)
    {
        var store = new MemoryStore(_state);
        long epoch = (await store.Leases.AcquireAsync(new NodeInfo { Id = "n", Address = "", Secret = "" }, [0], TimeSpan.FromHours(1), default)).Granted.Single().Epoch;
        for (int i = 0; i < events.Length; i += 20)
        {
            await store.Journal.AppendAsync([BlockTests.Block(events[i..(i + 20)], first: i + 1) with { Epoch = epoch }], default);
        }

        return epoch;
    }

    private static Task<Dictionary<CounterId, Counter>> ReplayAsync(MemoryStore store) =>
        new JournalReplay(Plan, store.Journal, store.Snapshots).RunAsync(0, StatisticsFilter.All, limitOf: null, default);
}
