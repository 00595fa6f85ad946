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
            : TooMany(days) ?? await UnlessRefused(async () =>
            {
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
            : TooMany(numbers) ?? await UnlessRefused(async () =>
            {
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

    /// <summary>Puts unions over a topic's days into the place of the sums of distinct metrics, of those topics that have several.</summary>
    /// <returns>What they lack, and what each topic's do where that is something.</returns>
    public async Task<(UnionGaps All, IReadOnlyDictionary<TopicKey, UnionGaps> OfTopics)> PutTopicsAsync(
        Page page, IReadOnlyList<TopicTotals> topics, StatisticsFilter filter, int[]? columns, CancellationToken cancellationToken)
    {
        int[] metrics = DistinctOf(page, columns);
        var ofTopics = new Dictionary<TopicKey, UnionGaps>();
        if (metrics.Length == 0 || topics.All(topic => topic.Days <= 1))
        {
            return (UnionGaps.None, ofTopics);
        }

        UnionGaps all = await UnlessRefused(async () =>
        {
            using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
            foreach ((TopicKey topic, UnionGaps gaps) in await PutTopicsAsync(turn, page, topics, filter, metrics, cancellationToken))
            {
                ofTopics.Add(topic, gaps);
            }

            return UnionGaps.OfAll(ofTopics.Values);
        });
        return (all, ofTopics);
    }

    /// <summary>The same, in somebody's turn, who is told by an exception where it cannot be done.</summary>
    /// <exception cref="QuestionRefusedException">The node does not serve.</exception>
    /// <exception cref="QuestionTooLargeException">The people of a topic take more than may be.</exception>
    public async Task<IReadOnlyDictionary<TopicKey, UnionGaps>> PutTopicsAsync(QuestionTurn turn, Page page, IReadOnlyList<TopicTotals> topics,
        StatisticsFilter filter, int[] metrics, CancellationToken cancellationToken)
    {
        var days = new Dictionary<TopicKey, IReadOnlyList<int>>();
        foreach (TopicTotals topic in topics.Where(topic => topic.Days > 1))
        {
            days.Add(KeyOf(topic), await DaysAsync(page, filter with { TopicType = topic.TopicType, TopicId = topic.TopicId }, cancellationToken));
        }

        var found = new Dictionary<TopicKey, UnionGaps>();
        if (days.Count == 0)
        {
            return found;
        }

        await turn.SaveAsync(page, days.Values.Min(one => one.Min()), days.Values.Max(one => one.Max()), [.. days.Keys], cancellationToken);
        IReadOnlyDictionary<TopicKey, DistinctAnswer> answers = await turn.People.DistinctByTopicAsync(page, days, metrics, cancellationToken);
        foreach (TopicTotals topic in topics.Where(topic => topic.Days > 1))
        {
            DistinctAnswer answer = answers[KeyOf(topic)];
            Put(answer.Counts, metrics, topic.Values);
            if (UnionGaps.Of(answer.Gaps) is { IsNone: false } gaps)
            {
                found.Add(KeyOf(topic), gaps);
            }
        }

        return found;
    }

    /// <summary>The places of the distinct metrics among those that are wanted; null for all.</summary>
    public static int[] DistinctOf(Page page, int[]? columns) =>
        [.. (columns ?? Enumerable.Range(0, page.Metrics.Length)).Distinct().Where(place => page.Metrics[place].Kind == MetricKind.Distinct)];

    public static TopicKey KeyOf(TopicTotals topic) => new(topic.TopicType, topic.TopicId);

    private async Task<IReadOnlyList<int>> DaysAsync(Page page, StatisticsFilter topic, CancellationToken cancellationToken)
    {
        var days = new List<int>();
        await foreach (StatisticsRow row in store.Statistics.ReadAsync(page, topic, cancellationToken))
        {
            days.Add(row.Day);
        }

        return days;
    }

    private UnionGaps? TooMany(IReadOnlyList<int> days) => days.Count <= desk.Settings.MaxDays ? null
        : UnionGaps.Refused($"Distinct columns are united over {desk.Settings.MaxDays} days at the most (dataload.questions.max-days): these are more.");

    private static void Put(IReadOnlyList<long> counts, int[] metrics, long[] values)
    {
        for (int i = 0; i < metrics.Length; i++)
        {
            values[metrics[i]] = counts[i];
        }
    }

    /// <summary>What else an answer tells is no less true where its unions cannot be told.</summary>
    private static async Task<UnionGaps> UnlessRefused(Func<Task<UnionGaps>> unite)
    {
        try
        {
            return await unite();
        }
        catch (Exception e) when (e is QuestionRefusedException or PartitionNotServingException or QuestionTooLargeException or StoredFormatException)
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
