using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;

namespace DataLoad.Engine.Questions;

/// <content>The parts of Counters by a breakdown: a value's over days, all together over topics.</content>
public sealed partial class PeopleQuestions
{
    // A rebuild saves a Counter within seconds, and another one may follow.
    private const int ReadsOfMoved = 5;

    /// <summary>How many are in each of some metrics over all parts of a scope.</summary>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions are larger than may be.</exception>
    /// <exception cref="PartsMovedException">Counters were computed anew each time that they were read.</exception>
    public Task<DistinctAnswer> DistinctOfPartsAsync(PartScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken) =>
        WhileStandingAsync(() => UniteAllPartsAsync(scope, metrics, cancellationToken));

    private async Task<DistinctAnswer> UniteAllPartsAsync(PartScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var gaps = new Gaps();
        var unions = new KeyedUnions<Page>(metrics.Count, settings);
        await foreach ((CounterSets counter, IReadOnlyList<PartSets>? parts) in sets.ReadPartsAsync(scope, metrics, cancellationToken))
        {
            if (parts is null)
            {
                gaps.Read(counter);
            }

            foreach (PartSets part in parts ?? [])
            {
                unions.Add(scope.Page, part.Sets);
            }
        }

        return new DistinctAnswer(unions.Counts().GetValueOrDefault(scope.Page) ?? new long[metrics.Count], gaps);
    }

    /// <summary>How many are in each of some metrics of each part, a topic's and a value's, over the topic's days.</summary>
    /// <param name="scope">The topics and their days, and the values; each value of each topic is answered.</param>
    /// <param name="metrics">The places of distinct metrics.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StoredFormatException">A kept set is damaged.</exception>
    /// <exception cref="QuestionTooLargeException">The unions of a part are larger than may be.</exception>
    /// <exception cref="PartsMovedException">Counters were computed anew each time that they were read.</exception>
    public async Task<IReadOnlyDictionary<(TopicKey Topic, BreakdownValue Value), DistinctAnswer>> DistinctByPartAsync(
        PartScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        try
        {
            return await WhileStandingAsync(() => UnitePartsAsync(scope, metrics, cancellationToken));
        }
        catch (QuestionTooLargeException) when (scope.Days.Count > 1 || scope.Values?.Count > 1)
        {
            // Fewer at a time hold less.
            var answers = new Dictionary<(TopicKey, BreakdownValue), DistinctAnswer>();
            IEnumerable<PartScope> halves = scope.Days.Count > 1
                ? scope.Days.Chunk((scope.Days.Count + 1) / 2).Select(some => scope with { Days = some.ToDictionary() })
                : scope.Values!.Chunk((scope.Values!.Count + 1) / 2).Select(some => scope with { Values = some.ToHashSet() });
            foreach (PartScope half in halves)
            {
                foreach (((TopicKey, BreakdownValue) part, DistinctAnswer answer) in await DistinctByPartAsync(half, metrics, cancellationToken))
                {
                    answers.Add(part, answer);
                }
            }

            return answers;
        }
    }

    /// <summary>Reads from the beginning again where a Counter was computed anew meanwhile: its parts of before and of now are no one state.</summary>
    private static async Task<T> WhileStandingAsync<T>(Func<Task<T>> read)
    {
        for (int reads = 1; ; reads++)
        {
            try
            {
                return await read();
            }
            catch (PartsMovedException) when (reads < ReadsOfMoved)
            {
                // What was read is let go.
            }
        }
    }

    private async Task<IReadOnlyDictionary<(TopicKey Topic, BreakdownValue Value), DistinctAnswer>> UnitePartsAsync(
        PartScope scope, IReadOnlyList<int> metrics, CancellationToken cancellationToken)
    {
        var unions = new KeyedUnions<(TopicKey, BreakdownValue)>(metrics.Count, settings);
        Dictionary<TopicKey, Gaps> gaps = scope.Days.Keys.ToDictionary(topic => topic, _ => new Gaps());
        await foreach ((CounterSets counter, IReadOnlyList<PartSets>? parts) in sets.ReadPartsAsync(scope, metrics, cancellationToken))
        {
            if (parts is null)
            {
                gaps[counter.Id.Topic].Read(counter);
            }

            foreach (PartSets part in parts ?? [])
            {
                unions.Add((counter.Id.Topic, part.Value), part.Sets);
            }
        }

        Dictionary<(TopicKey, BreakdownValue), long[]> counts = unions.Counts();
        var answers = new Dictionary<(TopicKey, BreakdownValue), DistinctAnswer>();
        foreach (TopicKey topic in scope.Days.Keys)
        {
            foreach (BreakdownValue value in scope.Values ?? counts.Keys.Where(part => part.Item1 == topic).Select(part => part.Item2).ToHashSet())
            {
                answers.Add((topic, value), new DistinctAnswer(counts.GetValueOrDefault((topic, value)) ?? new long[metrics.Count], gaps[topic]));
            }
        }

        return answers;
    }
}
