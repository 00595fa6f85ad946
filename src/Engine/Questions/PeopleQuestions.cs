using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;

namespace DataLoad.Engine.Questions;

/// <summary>Answers questions about distinct people or brands over several topics and days, exactly, from the sets that Counters keep: distinct people never
/// add up, they are united. Reads one Counter after the other and holds no more than the unions. Thread-safe.</summary>
/// <param name="sets">The kept sets.</param>
/// <param name="settings">The bounds.</param>
/// <param name="progress">Is told how far the reading has come, at each day and once in a while; called by whoever reads.</param>
public sealed partial class PeopleQuestions(KeptSets sets, QuestionSettings settings, IProgress<QuestionProgress>? progress = null)
{
    // Sizes are looked at once in so many Counters: a set of 64 more is small beside the bound.
    private const int CountersBetweenChecks = 64;

    /// <summary>How many are in each of some metrics over all topics and days of a scope.</summary>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    public async Task<DistinctAnswer> DistinctAsync(QuestionScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var gaps = new Gaps();
        return new DistinctAnswer(Counts(await UniteAsync(scope, metrics, gaps, cancellationToken)), gaps);
    }

    /// <summary>How many are in each of some metrics on each day of a scope.</summary>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions of a day are larger than may be.</exception>
    public async Task<DailyDistinctAnswer> DistinctByDayAsync(QuestionScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var gaps = new Gaps();
        var counts = new Dictionary<int, long[]>();
        foreach (int day in scope.Days)
        {
            counts.Add(day, Counts(await UniteAsync(scope with { Days = [day] }, metrics, gaps, cancellationToken)));
        }

        return new DailyDistinctAnswer(counts, gaps);
    }

    /// <summary>How many are in each of some metrics of each topic, over days of its own.</summary>
    /// <param name="page">The page.</param>
    /// <param name="days">The days of each topic, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions of a topic are larger than may be.</exception>
    public async Task<IReadOnlyDictionary<TopicKey, DistinctAnswer>> DistinctByTopicAsync(
        Page page, IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> days, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        try
        {
            return await UniteTopicsAsync(page, days, metrics, cancellationToken);
        }
        catch (QuestionTooLargeException) when (days.Count > 1)
        {
            // Fewer at a time hold less.
            var answers = new Dictionary<TopicKey, DistinctAnswer>();
            foreach (KeyValuePair<TopicKey, IReadOnlyList<int>>[] some in days.Chunk((days.Count + 1) / 2))
            {
                foreach ((TopicKey topic, DistinctAnswer answer) in await DistinctByTopicAsync(page, some.ToDictionary(), metrics, cancellationToken))
                {
                    answers.Add(topic, answer);
                }
            }

            return answers;
        }
    }

    /// <summary>How many are in the first metric over a scope, how many of those in the second too, of those in the third, and so on.</summary>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    public async Task<FunnelAnswer> FunnelAsync(QuestionScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var gaps = new Gaps();
        IdSet[] steps = await UniteAsync(scope, metrics, gaps, cancellationToken);
        IdSet left = steps[0];
        List<long> counts = [left.Count];
        foreach (IdSet step in steps.Skip(1))
        {
            left = IdSet.Intersect(left, step);
            counts.Add(left.Count);
        }

        return new FunnelAnswer(counts, gaps);
    }

    /// <summary>Of those that are in a metric on a day, how many are in another one some days after; for each day of a scope.</summary>
    /// <param name="scope">The days on which people are taken up.</param>
    /// <param name="metric">What they are in then.</param>
    /// <param name="returning">What they are in when they have returned.</param>
    /// <param name="after">After how many days; 1 and up.</param>
    /// <param name="today">The day that is not over yet, as <see cref="DateOnly.DayNumber"/>: of those that follow nobody knows.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    public async Task<RetentionAnswer> RetentionAsync(
        QuestionScope scope, int metric, int returning, IReadOnlyList<int> after, int today, CancellationToken cancellationToken)
    {
        var gaps = new Gaps();
        var rows = new Dictionary<int, RetentionRow>();
        var takenUp = new Dictionary<int, IdSet>();
        int longest = after.Max();

        // A day after the other, so that no more unions are held than days lie between the first and the last that are compared.
        int last = scope.Days.Max();
        for (int day = scope.Days.Min(); day <= LastCompared(scope, longest, today); day++)
        {
            int[] returned = day > today ? [] : [.. after.Where(days => takenUp.ContainsKey(day - days))];
            bool isTakenUp = day <= last;
            IReadOnlyList<int> metrics = [.. isTakenUp ? [metric] : Array.Empty<int>(), .. returned.Length > 0 ? [returning] : Array.Empty<int>()];
            IdSet[] unions = metrics.Count == 0 ? []
                : await UniteAsync(scope with { Days = [day] }, metrics, gaps, cancellationToken, takenUp.Values);
            foreach (int days in returned)
            {
                rows[day - days].Returned[days] = IdSet.Intersect(takenUp[day - days], unions[^1]).Count;
            }

            takenUp.Remove(day - longest);
            if (isTakenUp)
            {
                takenUp.Add(day, unions[0]);
                rows.Add(day, new RetentionRow(day, unions[0].Count, []));
            }
        }

        return new RetentionAnswer([.. rows.Values.OrderBy(row => row.Day)], gaps);
    }

    /// <summary>The last day whose people <see cref="RetentionAsync"/> looks at.</summary>
    /// <param name="scope">The days on which people are taken up.</param>
    /// <param name="longest">The most days after that are asked for.</param>
    /// <param name="today">The day that is not over yet, as <see cref="DateOnly.DayNumber"/>.</param>
    public static int LastCompared(QuestionScope scope, int longest, int today) => Math.Max(scope.Days.Max(), Math.Min(scope.Days.Max() + longest, today));

    private async Task<IdSet[]> UniteAsync(
        QuestionScope scope, IReadOnlyList<int> metrics, Gaps gaps, CancellationToken cancellationToken, IReadOnlyCollection<IdSet>? held = null)
    {
        SetUnion[] unions = [.. metrics.Select(_ => new SetUnion())];
        foreach (int day in scope.Days)
        {
            progress?.Report(new QuestionProgress(day, gaps.Counters));
            await foreach (CounterSets counter in sets.ReadAsync(scope.Page, day, scope.Topics, metrics, cancellationToken))
            {
                Add(counter, unions, gaps);
                if (gaps.Counters % CountersBetweenChecks == 0)
                {
                    Check(unions, held);
                    progress?.Report(new QuestionProgress(day, gaps.Counters));
                }
            }
        }

        IdSet[] results = [.. unions.Select(union => union.Result())];
        Check(unions, held);
        return results;
    }

    private async Task<IReadOnlyDictionary<TopicKey, DistinctAnswer>> UniteTopicsAsync(
        Page page, IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> days, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var unions = new KeyedUnions<TopicKey>(metrics.Count, settings);
        Dictionary<TopicKey, Gaps> gaps = days.Keys.ToDictionary(topic => topic, _ => new Gaps());
        CounterId[] ids = [.. days.SelectMany(topic => topic.Value.Select(day => new CounterId(page.Id, topic.Key, day)))];
        await foreach (CounterSets counter in sets.ReadAsync(page, ids, metrics, cancellationToken))
        {
            gaps[counter.Id.Topic].Read(counter);
            unions.Add(counter.Id.Topic, counter.Sets);
        }

        Dictionary<TopicKey, long[]> counts = unions.Counts();
        return gaps.ToDictionary(topic => topic.Key, topic => new DistinctAnswer(counts.GetValueOrDefault(topic.Key) ?? new long[metrics.Count], topic.Value));
    }

    private static void Add(CounterSets counter, SetUnion[] unions, Gaps gaps)
    {
        gaps.Read(counter);
        for (int i = 0; i < unions.Length; i++)
        {
            if (counter.Sets[i] is { } set)
            {
                unions[i].Add(set);
            }
        }
    }

    private static long[] Counts(IEnumerable<IdSet> unions) => [.. unions.Select(union => union.Count)];

    private void Check(SetUnion[] unions, IReadOnlyCollection<IdSet>? held) =>
        settings.Check(unions.Sum(union => union.ResidentBytes) + (held?.Sum(union => union.ResidentBytes) ?? 0));
}

/// <summary>What a question is about.</summary>
/// <param name="Page">The page.</param>
/// <param name="Days">The days, as <see cref="DateOnly.DayNumber"/>; at least one.</param>
/// <param name="Topics">The topics; empty for all.</param>
public sealed record QuestionScope(Page Page, IReadOnlyList<int> Days, IReadOnlyList<TopicKey> Topics);

/// <summary>How far the reading for a question has come.</summary>
/// <param name="Day">The day whose Counters are read, as <see cref="DateOnly.DayNumber"/>; those before it are done.</param>
/// <param name="Counters">How many Counters were read.</param>
public sealed record QuestionProgress(int Day, long Counters);

/// <summary>How many distinct ones there are.</summary>
/// <param name="Counts">Of each metric, in the order in which they were asked for.</param>
/// <param name="Gaps">What is not among them.</param>
public sealed record DistinctAnswer(IReadOnlyList<long> Counts, Gaps Gaps);

/// <summary>How many distinct ones there are on each day.</summary>
/// <param name="Counts">Of each day, and of each metric in the order in which they were asked for.</param>
/// <param name="Gaps">What is not among them.</param>
public sealed record DailyDistinctAnswer(IReadOnlyDictionary<int, long[]> Counts, Gaps Gaps);

/// <summary>How many are left after each step.</summary>
/// <param name="Counts">Of each step, in order.</param>
/// <param name="Gaps">What is not among them.</param>
public sealed record FunnelAnswer(IReadOnlyList<long> Counts, Gaps Gaps);

/// <summary>Who returned.</summary>
/// <param name="Rows">Of each day.</param>
/// <param name="Gaps">What is not among them.</param>
public sealed record RetentionAnswer(IReadOnlyList<RetentionRow> Rows, Gaps Gaps);

/// <summary>Those who were taken up on a day.</summary>
/// <param name="Day">The day, as <see cref="DateOnly.DayNumber"/>.</param>
/// <param name="Count">How many.</param>
/// <param name="Returned">How many of them returned, by the number of days after; that of a day to come is missing.</param>
public sealed record RetentionRow(int Day, long Count, Dictionary<int, long> Returned);

/// <summary>What a question's answer lacks.</summary>
public sealed class Gaps
{
    /// <summary>How many Counters were read; one that was read for two days' sake counts twice.</summary>
    public long Counters { get; private set; }

    /// <summary>How many of them were adopted, so that nobody knows who was counted before.</summary>
    public long AdoptedCounters { get; private set; }

    /// <summary>How many distinct ones those had, a person in two of them being two.</summary>
    public long Adopted { get; private set; }

    /// <summary>How many of them are set aside, so that their members are unknown.</summary>
    public long SetAsideCounters { get; private set; }

    /// <summary>One of those that are set aside, and why.</summary>
    public (CounterId Id, string Why)? SetAside { get; private set; }

    internal void Read(CounterSets counter)
    {
        Counters++;
        long adopted = counter.Adopted.Sum();
        AdoptedCounters += adopted != 0 ? 1 : 0;
        Adopted += adopted;
        if (counter.SetAside is { } why)
        {
            SetAsideCounters++;
            SetAside ??= (counter.Id, why);
        }
    }
}

/// <summary>A question's unions are larger than may be; the message names the setting.</summary>
public sealed class QuestionTooLargeException(string message) : Exception(message);
