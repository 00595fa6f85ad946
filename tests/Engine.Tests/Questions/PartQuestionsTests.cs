using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Questions;

/// <content>The parts of Counters by a breakdown.</content>
public sealed partial class PeopleQuestionsTests
{
    [Theory]
    [InlineData(20, long.MaxValue)]
    [InlineData(21, 60_000)]
    public async Task Distinct_by_part_is_the_size_of_each_part_s_union_over_its_days_and_fewer_parts_are_held_where_all_are_too_large(int seed, long maxBytes)
    {
        // So many values that a Counter's parts stand on several pages.
        EventSpec[] events = ActEvents(await KeepAsync(seed, topics: 1, days: 2, count: 40_000));
        _counters.Values.Max(counter => counter.Find(Breakdown.Parent)!.Parts.Count).ShouldBeGreaterThan(PartPage.MaxParts);
        bool wasTooLarge = false;
        foreach (Breakdown breakdown in Enum.GetValues<Breakdown>())
        {
            ILookup<BreakdownValue, EventSpec> ofValue = events.ToLookup(spec => ValueOf(spec, breakdown));
            foreach (PartScope scope in Scopes(seed, breakdown, events))
            {
                wasTooLarge |= maxBytes != long.MaxValue && await IsTooLargeAsync(scope, maxBytes);

                IReadOnlyDictionary<(TopicKey Topic, BreakdownValue Value), DistinctAnswer> answers =
                    await Questions(maxBytes).DistinctByPartAsync(scope, Distinct, Token);

                answers.Keys.ShouldBe(scope.Days.Keys.SelectMany(topic => scope.Values!.Select(value => (topic, value))), ignoreOrder: true);
                foreach (((TopicKey topic, BreakdownValue value), DistinctAnswer answer) in answers)
                {
                    answer.Counts.ShouldBe(
                        [.. Distinct.Select(metric => (long)Members(ofValue[value], new QuestionScope(Act, scope.Days[topic], [topic]), metric).Count)], $"{topic} {value}");
                    answer.Gaps.Counters.ShouldBe(_counters.Keys.Count(id => id.PageId == Act.Id && id.Topic == topic && scope.Days[topic].Contains(id.Day)));
                }
            }
        }

        wasTooLarge.ShouldBe(maxBytes != long.MaxValue);
    }

    [Theory]
    [InlineData(22)]
    [InlineData(23)]
    public async Task Distinct_of_parts_is_the_size_of_the_union_of_all_of_them(int seed)
    {
        EventSpec[] events = ActEvents(await KeepAsync(seed));
        foreach (Breakdown breakdown in Enum.GetValues<Breakdown>())
        {
            foreach (PartScope some in Scopes(seed, breakdown, events))
            {
                foreach (PartScope scope in (PartScope[])[some, some with { Values = null }])
                {
                    DistinctAnswer answer = await Questions().DistinctOfPartsAsync(scope, Distinct, Token);

                    EventSpec[] within = [.. events.Where(spec => scope.Days.TryGetValue(spec.Topic, out IReadOnlyList<int>? days) && days.Contains(spec.Day)
                        && (scope.Values is null || scope.Values.Contains(ValueOf(spec, breakdown))))];
                    answer.Counts.ShouldBe([.. Distinct.Select(metric =>
                        (long)Members(within, new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days)], []), metric).Count)]);
                }
            }
        }
    }

    [Fact]
    public async Task Parts_of_a_Counter_that_is_set_aside_are_told_and_unions_of_parts_beyond_the_bound_refused()
    {
        EventSpec[] events = ActEvents(await KeepAsync(24));
        PartScope scope = Scopes(24, Breakdown.Channel, events).Last();
        CounterId id = scope.Counters().First();
        await SaveAsync(id, CounterCodec.EncodeSetAside("no reason"));

        Gaps gaps = (await Questions().DistinctOfPartsAsync(scope, [Distinct[0]], Token)).Gaps;

        (gaps.SetAsideCounters, gaps.SetAside).ShouldBe((1, (id, "no reason")));
        (await Questions().DistinctByPartAsync(scope, [Distinct[0]], Token)).Where(part => part.Value.Gaps.SetAsideCounters > 0)
            .ShouldAllBe(part => part.Key.Topic == id.Topic);
        (await Should.ThrowAsync<QuestionTooLargeException>(() => Questions(maxBytes: 100).DistinctByPartAsync(scope, [Distinct[0]], Token))).Message
            .ShouldContain("more than 100 bytes (dataload.questions.max-bytes)");
    }

    [Fact]
    public async Task A_page_of_parts_that_is_damaged_or_missing_is_named()
    {
        EventSpec[] events = ActEvents(await KeepAsync(25));
        CounterId id = _counters.Keys.First(id => id.PageId == Act.Id);
        var scope = new PartScope(Act, Breakdown.Parent, new Dictionary<TopicKey, IReadOnlyList<int>> { [id.Topic] = [id.Day] }, null);
        int partition = id.Topic.ShardOf(Partitions);
        byte[] key = SnapshotKeys.Of(id, Breakdown.Parent, 0);
        byte[] bytes = (await _store.Snapshots.LoadAsync(partition, SnapshotKind.CounterParts, [key], Token)).Single().Bytes;
        bytes[^5] ^= 1;
        await WriteAsync(bytes);
        (await Should.ThrowAsync<StoredFormatException>(() => Questions().DistinctOfPartsAsync(scope, [Distinct[0]], Token))).Message
            .ShouldContain($"Partition {partition}, CounterParts snapshot");
        await WriteAsync(null);
        (await Should.ThrowAsync<StoredFormatException>(() => Questions().DistinctOfPartsAsync(scope, [Distinct[0]], Token))).Message
            .ShouldContain("tells of page 0 of its parts by parent, which is missing");

        async Task WriteAsync(byte[]? state) =>
            (await _store.Snapshots.SaveAsync([new SnapshotWrite(partition, 1, SnapshotKind.CounterParts, key, 1, state)], Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_of_a_baseline_has_no_parts_is_found_by_counts_and_else_by_people()
    {
        await KeepAsync(26);
        Counter[] counters = [.. _counters.Values.Where(counter => counter.Page == Act && counter.Set(Distinct[0]) is not null).Take(4)];
        var baselines = new StoredCounters(_store.Snapshots, SnapshotKind.Baseline);
        int count = Act.Metrics.IndexOf(Act.Metrics.First(metric => metric.Kind == MetricKind.Count));
        counters[0].AddSum(count, 5);
        counters[1].AddSum(Distinct[0], 3);
        counters[2].AddId(Distinct[0], 1_000_000_000);
        foreach (Counter counter in counters)
        {
            (await _store.Snapshots.SaveAsync([.. baselines.WritesOf(counter.Id.Topic.ShardOf(Partitions), 1, counter)], Token)).ShouldBeEmpty();
        }

        (await new WithoutParts(_store.Snapshots, Partitions).FindAsync(Act, Breakdown.Channel, _counters.Keys.Where(id => id.PageId == Act.Id), Token))
            .ShouldBe([(counters[0].Id, count, 5L), (counters[1].Id, Distinct[0], 3L), (counters[2].Id, Distinct[0], 1L)], ignoreOrder: true);
    }

    /// <summary>All parts of a topic, a value's over all topics, and some of some.</summary>
    private static IEnumerable<PartScope> Scopes(int seed, Breakdown breakdown, EventSpec[] events)
    {
        var random = new Random(seed);
        Dictionary<TopicKey, IReadOnlyList<int>> days = events.GroupBy(spec => spec.Topic)
            .ToDictionary(topic => topic.Key, topic => (IReadOnlyList<int>)[.. topic.Select(spec => spec.Day).Distinct().Order().Skip(random.Next(2))]);
        BreakdownValue[] values = [.. events.Select(spec => ValueOf(spec, breakdown)).Distinct()];
        KeyValuePair<TopicKey, IReadOnlyList<int>> one = days.First();
        yield return new PartScope(Act, breakdown, new Dictionary<TopicKey, IReadOnlyList<int>> { [one.Key] = one.Value }, values.ToHashSet());
        yield return new PartScope(Act, breakdown, days, new HashSet<BreakdownValue> { values[random.Next(values.Length)] });
        yield return new PartScope(Act, breakdown, days.Take(4).ToDictionary(), values.Where(_ => random.Next(2) == 0).Append(values[0]).ToHashSet());
    }

    private static EventSpec[] ActEvents(EventSpec[] events) => [.. events.Where(spec => spec.CounterId.PageId == Act.Id)];

    private static BreakdownValue ValueOf(EventSpec spec, Breakdown breakdown) => BreakdownValue.Of(breakdown, spec.Fill(new BusinessEvent()));

    private async Task<bool> IsTooLargeAsync(PartScope scope, long maxBytes)
    {
        try
        {
            await Questions(maxBytes).DistinctOfPartsAsync(scope, Distinct, Token);
            var held = new List<IdSet>();
            await foreach ((_, IReadOnlyList<PartSets>? parts) in new KeptSets(_store.Snapshots, Partitions).ReadPartsAsync(scope, Distinct, Token))
            {
                held.AddRange((parts ?? []).SelectMany(part => part.Sets).OfType<IdSet>());
            }

            return held.Sum(set => set.ResidentBytes) > maxBytes;
        }
        catch (QuestionTooLargeException)
        {
            return true;
        }
    }
}
