using Akka.Actor;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Questions;

/// <summary>What stands in distinct columns where an answer adds several rows up: how large the union of their people, or brands, is. The rows are read
/// before, so that no union is older than they are. Where it cannot be told, nothing stands there, and why is said.</summary>
internal sealed class RowUnions(QuestionDesk desk, IStore store)
{
    /// <summary>What is said where a Partition gave no answer.</summary>
    public const string NoAnswer = "A Partition did not answer in time: it may be moving, or busy; try again in a moment.";

    /// <summary>Puts unions over days and topics into the place of the sums of distinct metrics.</summary>
    /// <param name="page">The page.</param>
    /// <param name="days">The days that have rows, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <param name="topics">The topics; empty for all.</param>
    /// <param name="values">The sums of all metrics, which are changed.</param>
    /// <param name="columns">The places of the metrics that are wanted; null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>What they lack.</returns>
    public async Task<UnionGaps> PutTotalAsync(
        Page page, IReadOnlyList<int> days, IReadOnlyList<TopicKey> topics, long[] values, int[]? columns, CancellationToken cancellationToken)
    {
        int[] metrics = DistinctOf(page, columns);
        return metrics.Length == 0 || days.Count == 0 ? UnionGaps.None
            : await UnlessRefused(async () =>
            {
                desk.CheckDays(days.Count);
                using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
                await turn.SaveAsync(page, days.Min(), days.Max(), topics, cancellationToken);
                DistinctAnswer answer = await turn.People.DistinctAsync(new QuestionScope(page, days, topics), metrics, cancellationToken);
                Put(answer.Counts, metrics, values);
                return UnionGaps.Of(answer.Gaps);
            });
    }

    /// <summary>Puts unions over all topics into the place of the sums of distinct metrics of each day.</summary>
    public async Task<UnionGaps> PutDaysAsync(Page page, IReadOnlyList<DayTotals> days, int[]? columns, CancellationToken cancellationToken)
    {
        int[] metrics = DistinctOf(page, columns);
        int[] numbers = [.. days.Select(day => day.Day)];
        return metrics.Length == 0 || numbers.Length == 0 ? UnionGaps.None
            : await UnlessRefused(async () =>
            {
                desk.CheckDays(numbers.Length);
                using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
                await turn.SaveAsync(page, numbers.Min(), numbers.Max(), [], cancellationToken);
                DailyDistinctAnswer answer = await turn.People.DistinctByDayAsync(new QuestionScope(page, numbers, []), metrics, cancellationToken);
                foreach (DayTotals day in days)
                {
                    Put(answer.Counts[day.Day], metrics, day.Values);
                }

                return UnionGaps.Of(answer.Gaps);
            });
    }

    /// <summary>Topics with their sums, and with unions over a topic's days in the place of the sums of distinct metrics; in the order of one where that is
    /// asked for.</summary>
    /// <returns>The topics, what all of them lack, and what each one does where that is something.</returns>
    /// <exception cref="QuestionRefusedException">The order cannot be told: no turn came in time, or the node does not serve.</exception>
    /// <exception cref="QuestionTooLargeException">The order cannot be told: more rows would be united than may be, or the people of a topic take more.</exception>
    public async Task<(TopicTotalsPage Topics, UnionGaps All, IReadOnlyDictionary<TopicKey, UnionGaps> OfTopics)> ReadTopicsAsync(
        Page page, TopicQuery query, int[]? columns, CancellationToken cancellationToken)
    {
        if (IsOrder(page, query))
        {
            return await OrderTopicsAsync(page, query, columns, cancellationToken);
        }

        TopicTotalsPage found = await store.Queries.TopAsync(page, query, cancellationToken);
        int[] metrics = DistinctOf(page, columns);
        var ofTopics = new Dictionary<TopicKey, UnionGaps>();
        if (metrics.Length == 0 || found.Topics.All(topic => topic.Days <= 1))
        {
            return (found, UnionGaps.None, ofTopics);
        }

        UnionGaps all = await UnlessRefused(async () =>
        {
            using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
            foreach ((TopicKey topic, UnionGaps gaps) in await PutTopicsAsync(turn, page, found.Topics, query.Filter, metrics, cancellationToken))
            {
                ofTopics.Add(topic, gaps);
            }

            return UnionGaps.OfAll(ofTopics.Values);
        });
        return (found, all, ofTopics);
    }

    /// <summary>The same, in somebody's turn, who is told by an exception where it cannot be done.</summary>
    /// <exception cref="QuestionRefusedException">The node does not serve.</exception>
    /// <exception cref="QuestionTooLargeException">The people of a topic take more than may be.</exception>
    public async Task<IReadOnlyDictionary<TopicKey, UnionGaps>> PutTopicsAsync(QuestionTurn turn, Page page, IReadOnlyList<TopicTotals> topics,
        StatisticsFilter filter, int[] metrics, CancellationToken cancellationToken)
    {
        var found = new Dictionary<TopicKey, UnionGaps>();
        TopicKey[] several = [.. topics.Where(topic => topic.Days > 1).Select(KeyOf)];
        if (several.Length == 0)
        {
            return found;
        }

        IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> days = await store.Queries.DaysAsync(page, filter, several, cancellationToken);
        await turn.SaveAsync(page, days.Values.Min(one => one[0]), days.Values.Max(one => one[^1]), [.. days.Keys], cancellationToken);
        IReadOnlyDictionary<TopicKey, DistinctAnswer> answers = await turn.People.DistinctByTopicAsync(page, days, metrics, cancellationToken);
        foreach (TopicTotals topic in topics.Where(topic => topic.Days > 1))
        {
            if (!answers.TryGetValue(KeyOf(topic), out DistinctAnswer? answer))
            {
                // Its rows were removed meanwhile.
                continue;
            }

            Put(answer.Counts, metrics, topic.Values);
            if (UnionGaps.Of(answer.Gaps) is { IsNone: false } gaps)
            {
                found.Add(KeyOf(topic), gaps);
            }
        }

        return found;
    }

    /// <summary>Whether a list is in the order of a union: of a distinct metric over several days.</summary>
    public static bool IsOrder(Page page, TopicQuery query) =>
        query.Sort is { } sort && page.Metrics[sort].Kind == MetricKind.Distinct && query.Filter.From != query.Filter.To;

    /// <summary>Topics in the order of the union of a distinct metric over their days, with unions in the place of the sums of the distinct metrics that are
    /// wanted.</summary>
    private async Task<(TopicTotalsPage Topics, UnionGaps All, IReadOnlyDictionary<TopicKey, UnionGaps> OfTopics)> OrderTopicsAsync(
        Page page, TopicQuery query, int[]? columns, CancellationToken cancellationToken)
    {
        int sort = query.Sort!.Value;
        using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
        long total = 0;
        var order = new UnionOrder<TopicTotals, TopicKey>
        {
            Name = page.Metrics[sort].Column,
            IsDescending = query.Descending,
            MaxRows = desk.Settings.MaxSortedRows,
            KeyOf = KeyOf,
            CompareKeys = UnionOrder.Compare,
            RowsOf = topic => topic.Days,
            ValueOf = topic => topic.Values[sort],
            ReadAsync = async (offset, limit) =>
            {
                TopicTotalsPage found = await store.Queries.TopAsync(page, query with { Offset = offset, Limit = limit }, cancellationToken);
                total = found.Total;
                return found.Topics;
            },
            UniteAsync = topics => PutTopicsAsync(turn, page, topics, query.Filter, [sort], cancellationToken),
        };
        List<TopicTotals> first = await order.FirstAsync(query.Offset, query.Limit);
        IReadOnlyDictionary<TopicKey, UnionGaps> gaps = await PutTopicsAsync(
            turn, page, first, query.Filter, [.. DistinctOf(page, columns).Append(sort).Distinct()], cancellationToken);
        first.Sort(order.Compare);
        return (new TopicTotalsPage(total, first), UnionGaps.OfAll([.. gaps.Values]), gaps);
    }

    /// <summary>The places of the distinct metrics among those that are wanted; null for all.</summary>
    public static int[] DistinctOf(Page page, int[]? columns) =>
        [.. (columns ?? Enumerable.Range(0, page.Metrics.Length)).Distinct().Where(place => page.Metrics[place].Kind == MetricKind.Distinct)];

    public static TopicKey KeyOf(TopicTotals topic) => new(topic.TopicType, topic.TopicId);

    /// <summary>Puts what was asked for into the place of the sums.</summary>
    public static void Put(IReadOnlyList<long> counts, int[] metrics, long[] values)
    {
        for (int i = 0; i < metrics.Length; i++)
        {
            values[metrics[i]] = counts[i];
        }
    }

    /// <summary>What else an answer tells is no less true where its unions cannot be told.</summary>
    public static async Task<UnionGaps> UnlessRefused(Func<Task<UnionGaps>> unite)
    {
        try
        {
            return await unite();
        }
        catch (Exception e) when (e is QuestionRefusedException or PartitionNotServingException or QuestionTooLargeException or PartsMovedException or StoredFormatException)
        {
            return UnionGaps.Refused(e.Message);
        }
        catch (AskTimeoutException)
        {
            return UnionGaps.Refused(NoAnswer);
        }
    }
}

/// <summary>What unions lack.</summary>
/// <param name="AreKnown">Whether there are any; else nothing is told of distinct columns over several rows.</param>
/// <param name="Why">Why they are not all of it; null where they are.</param>
internal sealed record UnionGaps(bool AreKnown, string? Why)
{
    /// <summary>Nothing is lacking.</summary>
    public static UnionGaps None { get; } = new(AreKnown: true, Why: null);

    /// <summary>Whether nothing is lacking.</summary>
    public bool IsNone => Why is null;

    /// <summary>They could not be told.</summary>
    public static UnionGaps Refused(string why) => new(AreKnown: false, why);

    public static UnionGaps Of(Gaps gaps)
    {
        string? adopted = gaps.AdoptedCounters == 0 ? null
            : $"{gaps.AdoptedCounters} rows were adopted, and who was counted in them before is not known: {gaps.Adopted} are not in the answer.";
        string? setAside = gaps.SetAside is not { } one ? null
            : $"{gaps.SetAsideCounters} Counters are set aside, one of them {one.Id.Topic.Type}:{one.Id.Topic.Id} on {DateOnly.FromDayNumber(one.Id.Day):yyyy-MM-dd} "
                + $"({one.Why}): 'dataload rebuild' mends them.";
        return adopted is null && setAside is null ? None : new UnionGaps(AreKnown: true, string.Join(' ', new[] { adopted, setAside }.OfType<string>()));
    }

    /// <summary>What the unions of several topics lack.</summary>
    public static UnionGaps OfAll(IReadOnlyCollection<UnionGaps> topics) => topics.Count == 0 ? None
        : new UnionGaps(AreKnown: true, topics.Count == 1 ? topics.First().Why : $"The distinct columns of {topics.Count} topics are not all of it: each says why.");
}
