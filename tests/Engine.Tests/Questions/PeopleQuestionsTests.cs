using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Questions;

/// <summary>Answers compared with brute force over the events that made the sets.</summary>
public sealed partial class PeopleQuestionsTests
{
    private const int Partitions = 3;
    private const int FirstDay = 739_675;
    private const int Days = 5;

    private static readonly Page Act = Catalog.Default.PageNamed("act") with { Breakdowns = [.. Enum.GetValues<Breakdown>()] };
    private static readonly int[] Distinct =
        [.. Enumerable.Range(0, Act.Metrics.Length).Where(place => Act.Metrics[place].Kind == MetricKind.Distinct)];

    private readonly MemoryStore _store = new(new MemoryStoreState(), pageRows: 3);
    private readonly Dictionary<CounterId, Counter> _counters = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Distinct_is_the_size_of_the_union_over_any_days_and_topics(int seed)
    {
        EventSpec[] events = await KeepAsync(seed);
        var random = new Random(seed);
        for (int i = 0; i < 60; i++)
        {
            QuestionScope scope = Scope(random, events);
            int metric = Distinct[random.Next(Distinct.Length)];

            int other = Distinct[random.Next(Distinct.Length)];

            DistinctAnswer answer = await Questions().DistinctAsync(scope, [metric, other], Token);

            answer.Counts.ShouldBe([Members(events, scope, metric).Count, Members(events, scope, other).Count], $"{scope} {Act.Metrics[metric].Column}");
            (answer.Gaps.AdoptedCounters, answer.Gaps.SetAsideCounters).ShouldBe((0, 0));
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    public async Task Distinct_by_day_is_the_size_of_each_day_s_union_over_topics(int seed)
    {
        EventSpec[] events = await KeepAsync(seed);
        var scope = new QuestionScope(Act, [FirstDay, FirstDay + 2, FirstDay + Days], []);

        DailyDistinctAnswer answer = await Questions().DistinctByDayAsync(scope, Distinct, Token);

        answer.Counts.Keys.ShouldBe(scope.Days);
        foreach ((int day, long[] counts) in answer.Counts)
        {
            counts.ShouldBe([.. Distinct.Select(metric => (long)Members(events, scope with { Days = [day] }, metric).Count)]);
        }

        answer.Counts[FirstDay + Days].ShouldAllBe(count => count == 0);
        answer.Counts[FirstDay].ShouldContain(count => count > 0);
    }

    [Theory]
    [InlineData(12, long.MaxValue)]
    [InlineData(13, 8_000)]
    public async Task Distinct_by_topic_is_the_size_of_each_topic_s_union_over_its_days_and_fewer_topics_are_held_where_all_are_too_large(
        int seed, long maxBytes)
    {
        EventSpec[] events = await KeepAsync(seed, topics: 20);
        Dictionary<TopicKey, IReadOnlyList<int>> days = events.Where(spec => spec.CounterId.PageId == Act.Id).GroupBy(spec => spec.Topic)
            .ToDictionary(topic => topic.Key, topic => (IReadOnlyList<int>)[.. topic.Select(spec => spec.Day).Distinct().Skip(1)]);
        if (maxBytes != long.MaxValue)
        {
            await Should.ThrowAsync<QuestionTooLargeException>(() => Questions(maxBytes).DistinctAsync(
                new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days)], []), Distinct, Token));
        }

        IReadOnlyDictionary<TopicKey, DistinctAnswer> answers = await Questions(maxBytes).DistinctByTopicAsync(Act, days, Distinct, Token);

        answers.Keys.ShouldBe(days.Keys, ignoreOrder: true);
        foreach ((TopicKey topic, DistinctAnswer answer) in answers)
        {
            answer.Counts.ShouldBe([.. Distinct.Select(metric => (long)Members(events, new QuestionScope(Act, days[topic], [topic]), metric).Count)]);
            answer.Gaps.Counters.ShouldBe(days[topic].Count);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_funnel_counts_those_who_are_in_all_steps_so_far(int seed)
    {
        EventSpec[] events = await KeepAsync(seed);
        var random = new Random(seed);
        for (int i = 0; i < 40; i++)
        {
            QuestionScope scope = Scope(random, events);
            int[] steps = [.. Enumerable.Range(0, 2 + random.Next(3)).Select(_ => Distinct[random.Next(Distinct.Length)])];

            FunnelAnswer answer = await Questions().FunnelAsync(scope, steps, Token);

            answer.Counts.ShouldBe([.. Enumerable.Range(1, steps.Length).Select(count => steps.Take(count)
                .Select(step => Members(events, scope, step)).Aggregate((all, step) => [.. all.Intersect(step)]).LongCount())]);
        }
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Retention_counts_those_of_a_day_who_are_in_the_other_column_so_many_days_after(int seed)
    {
        EventSpec[] events = await KeepAsync(seed);
        var random = new Random(seed);
        for (int i = 0; i < 40; i++)
        {
            QuestionScope scope = Scope(random, events);
            int metric = Distinct[random.Next(Distinct.Length)];
            int returning = random.Next(3) == 0 ? metric : Distinct[random.Next(Distinct.Length)];
            int[] after = [.. new[] { 1, 2, 3, 7 }.Where(_ => random.Next(2) == 0).DefaultIfEmpty(1)];
            int today = FirstDay + random.Next(Days + 2);

            RetentionAnswer answer = await Questions().RetentionAsync(scope, metric, returning, after, today, Token);

            answer.Rows.Select(row => row.Day).ShouldBe(scope.Days);
            foreach (RetentionRow row in answer.Rows)
            {
                HashSet<int> people = Members(events, scope with { Days = [row.Day] }, metric);
                row.Count.ShouldBe(people.Count);
                row.Returned.Keys.ShouldBe(after.Where(days => row.Day + days <= today), ignoreOrder: true);
                foreach ((int days, long count) in row.Returned)
                {
                    count.ShouldBe(Members(events, scope with { Days = [row.Day + days] }, returning).Intersect(people).LongCount());
                }
            }
        }
    }

    [Fact]
    public async Task Who_was_adopted_without_members_or_is_set_aside_is_told()
    {
        await KeepAsync(7);
        CounterId[] ids = [.. _counters.Keys.Where(id => id.PageId == Act.Id).Take(2)];
        var adopted = new Counter(ids[0], Act) { SequenceNr = 99 };
        adopted.AddSum(Distinct[0], 12);
        await SaveAsync(ids[0], CounterCodec.Encode(adopted));
        await SaveAsync(ids[1], CounterCodec.EncodeSetAside("no reason"));
        var scope = new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days + 1)], []);

        Gaps gaps = (await Questions().DistinctAsync(scope, [Distinct[0]], Token)).Gaps;

        (gaps.AdoptedCounters, gaps.Adopted).ShouldBe((1, 12));
        (gaps.SetAsideCounters, gaps.SetAside).ShouldBe((1, (ids[1], "no reason")));
        gaps.Counters.ShouldBe(_counters.Keys.Count(id => id.PageId == Act.Id));
        (await Questions().DistinctAsync(scope, [Distinct[1]], Token)).Gaps.AdoptedCounters.ShouldBe(0, "of another column all members are known");
    }

    [Fact]
    public async Task Unions_beyond_the_bound_are_refused_with_the_setting()
    {
        EventSpec[] events = await KeepAsync(8);
        var scope = new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days + 1)], []);
        var day = new IdSet();
        foreach (int member in Members(events, scope with { Days = [FirstDay] }, Distinct[0]))
        {
            day.Add(member);
        }

        (await Should.ThrowAsync<QuestionTooLargeException>(() => Questions(maxBytes: 100).DistinctAsync(scope, [Distinct[0]], Token))).Message
            .ShouldContain("more than 100 bytes (dataload.questions.max-bytes)");

        // Also of a single topic, whose few Counters are read before any bound is looked at.
        TopicKey topic = events.First(spec => spec.CounterId.PageId == Act.Id).Topic;
        (await Should.ThrowAsync<QuestionTooLargeException>(() => Questions(maxBytes: 100).DistinctByTopicAsync(
            Act, new Dictionary<TopicKey, IReadOnlyList<int>> { [topic] = [FirstDay] }, Distinct, Token))).Message.ShouldContain("dataload.questions.max-bytes");

        // One day's people are within the bound, and those of the days that are compared are not.
        await Questions(maxBytes: day.ResidentBytes * 2).RetentionAsync(scope with { Days = [FirstDay] }, Distinct[0], Distinct[0], [1], FirstDay, Token);
        (await Should.ThrowAsync<QuestionTooLargeException>(() => Questions(maxBytes: day.ResidentBytes * 2).RetentionAsync(
            scope, Distinct[0], Distinct[0], [1, 2, 3], FirstDay + Days, Token))).Message.ShouldContain("dataload.questions.max-bytes");
    }

    [Fact]
    public async Task A_damaged_set_is_named()
    {
        await KeepAsync(9);
        CounterId id = _counters.Keys.First(id => id.PageId == Act.Id);
        byte[] bytes = CounterCodec.Encode(_counters[id]);
        bytes[^5] ^= 1;
        await SaveAsync(id, bytes);

        (await Should.ThrowAsync<StoredFormatException>(() =>
            Questions().DistinctAsync(new QuestionScope(Act, [id.Day], [id.Topic]), [Distinct[0]], Token))).Message
            .ShouldContain($"Partition {id.Topic.ShardOf(Partitions)}");
    }

    [Fact]
    public async Task How_far_the_reading_is_is_told_at_each_day()
    {
        EventSpec[] events = await KeepAsync(21);
        var told = new Told();
        var scope = new QuestionScope(Act, [.. Enumerable.Range(FirstDay, Days)], []);
        var questions = new PeopleQuestions(new KeptSets(_store.Snapshots, Partitions), new QuestionSettings(), told);

        await questions.DistinctAsync(scope, [Distinct[0]], Token);
        told.Steps.Select(step => step.Day).Distinct().ShouldBe(scope.Days);
        told.Steps.DistinctBy(step => step.Day).Select(step => step.Counters).ShouldBe(scope.Days.Select(day => (long)events.Select(spec => spec.CounterId)
            .Distinct().Count(id => id.PageId == Act.Id && id.Day < day)));

        told.Steps.Clear();
        await questions.RetentionAsync(scope with { Days = [FirstDay, FirstDay + 1] }, Distinct[0], Distinct[0], [1, 3], FirstDay + 3, Token);
        told.Steps.Select(step => step.Day).Distinct().ShouldBe([FirstDay, FirstDay + 1, FirstDay + 2, FirstDay + 3]);
        told.Steps[^1].Day.ShouldBe(PeopleQuestions.LastCompared(scope with { Days = [FirstDay, FirstDay + 1] }, 3, FirstDay + 3));
    }

    private PeopleQuestions Questions(long maxBytes = long.MaxValue) =>
        new(new KeptSets(_store.Snapshots, Partitions), new QuestionSettings { MaxBytes = maxBytes });

    /// <summary>Counts random events, and keeps the Counters as Partitions do.</summary>
    private async Task<EventSpec[]> KeepAsync(int seed, int topics = 3, int days = Days, int count = 4_000)
    {
        EventSpec[] events = new RandomEvents(seed) { Topics = topics, Days = days, Users = 40 }.Take(count);
        var @event = new BusinessEvent();
        foreach (EventSpec spec in events)
        {
            if (!_counters.TryGetValue(spec.CounterId, out Counter? counter))
            {
                _counters.Add(spec.CounterId, counter = new Counter(spec.CounterId, spec.CounterId.PageId == Act.Id ? Act : Catalog.Default.PageById(spec.CounterId.PageId)!));
            }

            JournaledPartition.Plan.Apply(spec.Fill(@event), counter, 1);
        }

        for (int partition = 0; partition < Partitions; partition++)
        {
            (await _store.Partitions.RaiseEpochAsync(partition, 1, Token)).ShouldBeTrue();
        }

        var stored = new StoredCounters(_store.Snapshots, SnapshotKind.Counter);
        foreach ((CounterId id, Counter counter) in _counters)
        {
            (await _store.Snapshots.SaveAsync([.. stored.WritesOf(id.Topic.ShardOf(Partitions), 1, counter)], Token)).ShouldBeEmpty();
        }

        return events;
    }

    private async Task SaveAsync(CounterId id, byte[] bytes) => (await _store.Snapshots.SaveAsync(
        [new SnapshotWrite(id.Topic.ShardOf(Partitions), 1, SnapshotKind.Counter, SnapshotKeys.Of(id), 1, bytes)], Token)).ShouldBeEmpty();

    private static QuestionScope Scope(Random random, EventSpec[] events)
    {
        int from = FirstDay + random.Next(Days);
        return new QuestionScope(
            Act, [.. Enumerable.Range(from, 1 + random.Next(FirstDay + Days - from))], [.. Enumerable.Range(0, random.Next(3)).Select(_ => events[random.Next(events.Length)].Topic)]);
    }

    private static HashSet<int> Members(IEnumerable<EventSpec> events, QuestionScope scope, int metric)
    {
        string column = Act.Metrics[metric].Column;
        var members = new HashSet<int>();
        foreach (EventSpec spec in events.Where(spec => spec.CounterId.PageId == Act.Id && scope.Days.Contains(spec.Day)
            && (scope.Topics.Count == 0 || scope.Topics.Contains(spec.Topic))))
        {
            foreach (Contribution added in spec.Stream.Contributions.Where(added => string.Equals(added.Column, column, StringComparison.Ordinal)
                && (added.When is null || Fact(added.When.Fact) == added.When.Value)))
            {
                members.Add(added.Kind == ContributionKind.User ? spec.WuId : (int)Fact(added.Fact!));
            }

            long Fact(string fact) => spec.Facts[spec.Stream.FactIndex(fact)];
        }

        members.RemoveWhere(member => member <= 0);
        return members;
    }

    private sealed class Told : IProgress<QuestionProgress>
    {
        public List<QuestionProgress> Steps { get; } = [];

        public void Report(QuestionProgress value) => Steps.Add(value);
    }
}
