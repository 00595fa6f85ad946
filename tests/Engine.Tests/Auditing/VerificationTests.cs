using DataLoad.Engine.Auditing;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Auditing;

public sealed class VerificationTests
{
    private readonly JournaledPartition _partition = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 10)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Rows_that_an_owner_wrote_are_what_the_journal_gives_wherever_checkpoint_and_baseline_stand(int seed)
    {
        var random = new Random(seed);
        for (int owner = 0; owner < 3; owner++)
        {
            await _partition.OwnAsync();
            _partition.PersistAll(new RandomEvents((seed * 10) + owner) { Users = 50 }.Take(60), random);
            await _partition.FlushAsync();
            if (random.Next(2) == 0)
            {
                await _partition.CheckpointAsync();
                await _partition.TrimAsync(through: random.NextInt64(_partition.SequenceNr + 1));
            }

            _partition.PersistAll(new RandomEvents((seed * 10) + owner + 5) { Users = 50 }.Take(20), random);
            await _partition.FlushAsync(_ => random.Next(3) == 0);
        }

        VerificationReport report = await _partition.VerifyAsync();

        report.Differences.ShouldBeEmpty();
        report.IsClean.ShouldBeTrue(string.Join('\n', report.Damages));
        report.Rows.ShouldBeGreaterThan(0);
        report.PartRows.ShouldBeGreaterThan(report.Rows);
        (report.Rows + report.NotFlushedYet).ShouldBe(_partition.Counters.Count);
    }

    [Fact]
    public async Task Row_with_another_value_or_position_is_named_with_what_the_journal_gives()
    {
        StatisticsRow row = await CountAsync();
        int metric = row.Values.AsSpan().IndexOfAnyExcept(0);
        long value = row.Values[metric];
        await WriteAsync(row with { Values = [.. row.Values.Select((v, i) => i == metric ? 99 : v)] });

        Difference difference = (await _partition.VerifyAsync()).Differences.ShouldHaveSingleItem();

        (difference.Kind, difference.RowValue, difference.JournalValue).ShouldBe((DifferenceKind.Value, 99, value));
        await WriteAsync(row with { SequenceNr = 50 });
        difference = (await _partition.VerifyAsync()).Differences.ShouldHaveSingleItem();
        (difference.Kind, difference.RowValue, difference.JournalValue).ShouldBe((DifferenceKind.SequenceNr, 50, row.SequenceNr));
    }

    [Fact]
    public async Task Row_that_is_gone_though_the_checkpoint_passed_it_is_missing()
    {
        StatisticsRow row = await CountAsync();
        await _partition.Store.Statistics.RemoveAsync(Page, [row], default);

        (await _partition.VerifyAsync()).Differences.ShouldHaveSingleItem().Kind.ShouldBe(DifferenceKind.Missing);
    }

    [Fact]
    public async Task Row_without_events_and_row_of_somebody_else_are_named()
    {
        StatisticsRow row = await CountAsync();
        await WriteAsync(row with { TopicId = 4711 });
        _partition.State.PutForeign(Page, row with { TopicId = 4712 });

        (await _partition.VerifyAsync()).Differences.Select(difference => (difference.Kind, difference.TopicId))
            .ShouldBe([(DifferenceKind.Unaccounted, 4711), (DifferenceKind.Foreign, 4712)], ignoreOrder: true);
    }

    [Fact]
    public async Task Counter_without_a_row_is_not_flushed_yet_or_overdue_as_its_owner_ended_or_went_on()
    {
        EventSpec[] events = new RandomEvents(1).Take(2);
        await _partition.OwnAsync(atMs: 0);
        _partition.Persist([events[0]], atMs: 1_000);
        VerificationReport report = await _partition.VerifyAsync();
        (report.NotFlushedYet, report.IsClean).ShouldBe((1, true));
        report = await _partition.VerifyAsync(new VerificationOptions { Partitions = 1, OwnedUntilMs = 62_000 });
        report.NotFlushedYet.ShouldBe(0);
        report.Differences.Select(difference => (difference.Kind, difference.Part is null)).ShouldBe([(DifferenceKind.Overdue, true), (DifferenceKind.Overdue, false)]);

        _partition.Persist([events[1]], atMs: 62_000);
        await _partition.FlushAsync(id => id == events[1].CounterId);

        report = await _partition.VerifyAsync();

        report.Differences.Select(difference => (difference.Kind, difference.TopicType, difference.TopicId, difference.Part is null))
            .ShouldBe([(DifferenceKind.Overdue, events[0].Topic.Type, events[0].Topic.Id, true), (DifferenceKind.Overdue, events[0].Topic.Type, events[0].Topic.Id, false)]);
        report.NotFlushedYet.ShouldBe(0);
    }

    [Fact]
    public async Task Rows_that_lack_events_are_differences_where_no_node_runs_those_of_breakdowns_too()
    {
        EventSpec[] events = new RandomEvents(1).Take(20);
        await _partition.OwnAsync(atMs: 0);
        _partition.Persist(events[..10], atMs: 1_000);
        await _partition.FlushAsync();
        _partition.Persist(events[10..], atMs: 1_500);

        VerificationReport report = await _partition.VerifyAsync(new VerificationOptions { Partitions = 1, JudgesUnflushed = true });

        report.NotFlushedYet.ShouldBe(0);
        report.Differences.ShouldAllBe(difference => difference.Kind == DifferenceKind.NotFlushed);
        report.Differences.Where(difference => difference.Part is null).Select(difference => (difference.TopicType, difference.TopicId, difference.Day)).Distinct()
            .ShouldBe(events[10..].Select(e => (e.Topic.Type, e.Topic.Id, e.Day)).Distinct(), ignoreOrder: true);
        report.Differences.ShouldContain(difference => difference.Part != null);
        await _partition.FlushAsync();
        (await _partition.VerifyAsync(new VerificationOptions { Partitions = 1, JudgesUnflushed = true })).IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task Row_whose_later_events_never_come_into_it_is_overdue_though_it_is_right_at_its_position()
    {
        EventSpec[] events = new RandomEvents(1).Take(2);
        await _partition.OwnAsync(atMs: 0);
        _partition.Persist([events[0]], atMs: 1_000);
        await _partition.FlushAsync();
        _partition.Persist([events[0]], atMs: 2_000);
        _partition.Persist([events[1]], atMs: 70_000);
        await _partition.FlushAsync(id => id == events[1].CounterId);

        (await _partition.VerifyAsync()).Differences.Select(difference => (difference.Kind, difference.TopicId, difference.Part is null))
            .ShouldBe([(DifferenceKind.Overdue, events[0].Topic.Id, true), (DifferenceKind.Overdue, events[0].Topic.Id, false)]);
    }

    [Fact]
    public async Task Flipped_bit_of_any_entry_is_found_with_Partition_SequenceNr_and_remedy()
    {
        await CountAsync();
        foreach ((long number, object entry) in _partition.Journal[0].ToArray())
        {
            if (entry is not Block block)
            {
                continue;
            }

            for (int bit = 0; bit < block.Bytes.Length * 8; bit += 97)
            {
                byte[] flipped = block.Bytes.ToArray();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                _partition.Journal[0][number] = new Block(flipped);

                string message = (await _partition.VerifyAsync()).Damages.ShouldHaveSingleItem().Message;

                message.ShouldStartWith($"The journal of Partition 0 is damaged at SequenceNr {number}: ");
                message.ShouldContain("Restore the store from a backup");
                message.ShouldContain("A node starts and counts without this entry");
            }

            _partition.Journal[0][number] = block;
        }

        (await _partition.VerifyAsync()).IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task All_that_is_damaged_or_missing_is_told_not_only_what_is_met_first()
    {
        await _partition.OwnAsync();
        for (int i = 0; i < 20; i++)
        {
            _partition.Persist(new RandomEvents(i).Take(3));
        }

        await _partition.FlushAsync();
        SortedList<long, object> entries = _partition.Journal[0];
        entries[3] = new Block(new byte[40]);
        entries[5] = new UnreadableEntry(new InvalidDataException("it is broken"));
        entries[6] = new StoredFormatException("Serialized form 'X' of 3 bytes does not read.");
        entries.Remove(9);
        entries.Remove(10);
        entries[11] = new StoredFormatException("Serialized form 'X' of 4 bytes does not read.");
        entries[15] = "text";

        VerificationReport report = await _partition.VerifyAsync();

        string[] messages = [.. report.Damages.Select(damage => damage.Message)];
        messages.ShouldAllBe(message => message.Contains("A node needs this entry to start"));
        messages.Select(message => message[..message.IndexOf(". ", StringComparison.Ordinal)]).ShouldBe(
        [
            "The journal of Partition 0 is damaged at SequenceNr 3: the checksum is 00000000 where the bytes give fa2626d2",
            "The journal of Partition 0 is damaged at SequenceNr 5: it is broken",
            "The journal of Partition 0 is damaged behind SequenceNr 5: Serialized form 'X' of 3 bytes does not read",
            "The journal of Partition 0 has a gap: after SequenceNr 8 comes 10",
            "The journal of Partition 0 has a gap: after SequenceNr 9 comes 11",
            "The journal of Partition 0 is damaged behind SequenceNr 10: Serialized form 'X' of 4 bytes does not read",
            "The journal of Partition 0 is damaged at SequenceNr 15: its entry is a System.String",
        ]);
    }

    [Fact]
    public async Task Filter_compares_its_Counters_alone()
    {
        StatisticsRow row = await CountAsync();
        await WriteAsync(row with { Values = [.. row.Values.Select(v => v + 1)] });

        (await _partition.VerifyAsync(new VerificationOptions
        {
            Partitions = 1,
            Filter = new StatisticsFilter(TopicType: row.TopicType, TopicId: row.TopicId)
        })).DifferenceCount.ShouldBe(row.Values.Length);
        (await _partition.VerifyAsync(new VerificationOptions { Partitions = 1, Filter = new StatisticsFilter(TopicType: "nobody") })).IsClean.ShouldBeTrue();
    }

    [Fact]
    public async Task Journal_that_is_trimmed_while_it_is_compared_is_compared_from_its_new_baseline()
    {
        await CountAsync();
        await _partition.CheckpointAsync();
        BaselinePlan plan = (await _partition.PlanAsync())!;
        bool trimmed = false;
        _partition.Journal.BeforeRead = number =>
        {
            if (!trimmed && number == 3)
            {
                trimmed = true;
                _partition.Store.Partitions.SaveBaselineAsync(0, _partition.Epoch, plan.SequenceNr, plan.States, default).AsTask()
                    .Wait(default(CancellationToken));
                _partition.Delete(plan.SequenceNr);
            }
        };

        VerificationReport report = await _partition.VerifyAsync();

        trimmed.ShouldBeTrue();
        report.IsClean.ShouldBeTrue(string.Join('\n', report.Damages));
        report.Rows.ShouldBe(_partition.Counters.Count);
    }

    private static Page Page => Catalog.Default.PageNamed("act");

    /// <summary>Persists, flushes and checkpoints a few blocks; gives one of the rows of <see cref="Page"/>.</summary>
    private async Task<StatisticsRow> CountAsync()
    {
        await _partition.OwnAsync();
        for (int i = 0; i < 4; i++)
        {
            _partition.Persist(new RandomEvents(i).Take(6));
        }

        await _partition.FlushAsync();
        await _partition.CheckpointAsync();
        return _partition.RowOf(_partition.Counters.Values.First(counter => counter.Page == Page && counter.Values().AsSpan().ContainsAnyExcept(0)));
    }

    /// <summary>Puts a row in the place of the one of its topic and day.</summary>
    private async Task WriteAsync(StatisticsRow row)
    {
        await foreach (StatisticsRow old in _partition.Store.Statistics.ReadAsync(Page, new StatisticsFilter(TopicType: row.TopicType, TopicId: row.TopicId, From: row.Day, To: row.Day), default))
        {
            await _partition.Store.Statistics.RemoveAsync(Page, [old with { Shard = 0, Epoch = _partition.Epoch }], default);
        }

        (await _partition.Store.Statistics.FlushAsync(Page, [row], correct: true, default)).ShouldBeEmpty();
    }
}
