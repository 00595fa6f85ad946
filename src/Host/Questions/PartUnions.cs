using DataLoad.Engine.Counting;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Api;

namespace DataLoad.Host.Questions;

/// <summary>What stands in distinct columns where rows of a breakdown are added up: how large the union of the parts' people, or brands, is. As with
/// <see cref="RowUnions"/> the rows are read before.</summary>
internal sealed class PartUnions(QuestionDesk desk, IStore store, HostSettings settings)
{
    private const int MostNamed = 5;

    private readonly WithoutParts _withoutParts = new(store.Snapshots, settings.Engine.Partitions.Partitions);

    /// <summary>Whether a list is in the order of a union: of a distinct metric over several rows.</summary>
    public static bool IsOrder(Page page, PartQuery query) => query.Sort is { } sort && page.Metrics[sort].Kind == MetricKind.Distinct
        && (query.IsByDay || query.Filter.From != query.Filter.To);

    /// <summary>Sums of a breakdown's rows, with unions in the place of the sums of distinct metrics, and in the order of one where that is asked for.</summary>
    /// <returns>The sums, what all of them lack, and what each one does where that is something.</returns>
    /// <exception cref="QuestionRefusedException">The order cannot be told: no turn came in time, or the node does not serve.</exception>
    /// <exception cref="QuestionTooLargeException">The order cannot be told: more rows would be united than may be, or people take more.</exception>
    public async Task<(PartTotalsPage Sums, UnionGaps All, IReadOnlyDictionary<PartTotals, UnionGaps> OfEach)> ReadAsync(
        StatisticsTable table, PartQuery query, CancellationToken cancellationToken)
    {
        var gaps = new Dictionary<PartTotals, UnionGaps>(ReferenceEqualityComparer.Instance);
        int[] metrics = RowUnions.DistinctOf(table.Page, [.. query.Metrics]);
        if (IsOrder(table.Page, query))
        {
            using QuestionTurn turn = await desk.EnterAsync(cancellationToken);
            PartTotalsPage ordered = await OrderAsync(turn, table, query, metrics, gaps, cancellationToken);
            return (ordered, OfAll(gaps), gaps);
        }

        PartTotalsPage sums = await store.Queries.PartsAsync(table, query, cancellationToken);
        UnionGaps all = await RowUnions.UnlessRefused(async () =>
        {
            // Where each is one row nobody has to be united.
            using QuestionTurn? turn = metrics.Length > 0 && sums.Items.Any(sum => sum.Rows > 1) ? await desk.EnterAsync(cancellationToken) : null;
            await PutAsync(turn, table, query, sums.Items, metrics, gaps, cancellationToken);
            return OfAll(gaps);
        });
        return (sums, all, gaps);
    }

    /// <summary>What of Counters has no parts, in a sentence; null where all of it has.</summary>
    public async Task<string?> WhyNotAsync(StatisticsTable table, IEnumerable<CounterId> ids, CancellationToken cancellationToken) =>
        WhyNot(table.Page, await _withoutParts.FindAsync(table.Page, table.Breakdown!.Value, ids, cancellationToken));

    private static string? WhyNot(Page page, IReadOnlyCollection<(CounterId Id, int Metric, long Value)> lacking)
    {
        bool isOneTopic = lacking.Select(one => one.Id.Topic).Distinct().Count() <= 1;
        string[] named = [.. lacking.Take(isOneTopic ? lacking.Count : MostNamed).Select(one =>
            $"{NamedValues.ValueOf(page.Metrics[one.Metric], one.Value, isDistinctKnown: true)?.Text} of {page.Metrics[one.Metric].Column}"
            + $"{(isOneTopic ? "" : $" of {one.Id.Topic.Type}:{one.Id.Topic.Id}")} on {DateOnly.FromDayNumber(one.Id.Day):yyyy-MM-dd}")];
        return lacking.Count == 0 ? null : "What stood before the journal begins, or was adopted, has no parts: " + string.Join(", ", named)
            + (lacking.Count > named.Length ? $", and so on, {lacking.Count} in all." : ".");
    }

    private async Task<PartTotalsPage> OrderAsync(
        QuestionTurn turn, StatisticsTable table, PartQuery query, int[] metrics, Dictionary<PartTotals, UnionGaps> gaps, CancellationToken cancellationToken)
    {
        int sort = query.Sort!.Value;
        long total = 0;
        var order = new UnionOrder<PartTotals, PartKey>
        {
            Name = table.Page.Metrics[sort].Column,
            IsDescending = query.Descending,
            MaxRows = desk.Settings.MaxSortedRows,
            KeyOf = PartKey.Of,
            CompareKeys = PartKey.Compare,
            RowsOf = part => part.Rows,
            ValueOf = part => part.Values[sort],
            ReadAsync = async (offset, limit) =>
            {
                PartTotalsPage found = await store.Queries.PartsAsync(table, query with { Offset = offset, Limit = limit }, cancellationToken);
                total = found.Total;
                return found.Items;
            },
            UniteAsync = parts => PutAsync(turn, table, query, parts, [sort], gaps: null, cancellationToken),
        };
        List<PartTotals> first = await order.FirstAsync(query.Offset, query.Limit);
        await PutAsync(turn, table, query, first, metrics, gaps, cancellationToken);
        first.Sort(order.Compare);
        return new PartTotalsPage(total, first);
    }

    /// <summary>Puts unions into the place of sums over several rows, and notes what they lack where that is asked for.</summary>
    private async Task PutAsync(QuestionTurn? turn, StatisticsTable table, PartQuery query, IReadOnlyList<PartTotals> sums, int[] metrics,
        Dictionary<PartTotals, UnionGaps>? gaps, CancellationToken cancellationToken)
    {
        if (query.IsByDay)
        {
            await PutDaysAsync(turn, table, query.Filter, sums, metrics, gaps, cancellationToken);
        }
        else
        {
            await PutPartsAsync(turn, table, query.Filter, sums, metrics, gaps, cancellationToken);
        }
    }

    private async Task PutPartsAsync(QuestionTurn? turn, StatisticsTable table, StatisticsFilter filter, IReadOnlyList<PartTotals> sums, int[] metrics,
        Dictionary<PartTotals, UnionGaps>? gaps, CancellationToken cancellationToken)
    {
        PartTotals[] several = turn is null ? [] : [.. sums.Where(sum => sum.Rows > 1)];
        IReadOnlyDictionary<TopicKey, IReadOnlyList<int>> days = await store.Queries.DaysAsync(
            table, filter, [.. (gaps is null ? several : sums).Select(sum => sum.Topic!.Value).Distinct()], cancellationToken);
        HashSet<TopicKey> topics = [.. several.Select(sum => sum.Topic!.Value)];
        Dictionary<TopicKey, IReadOnlyList<int>> united = days.Where(topic => topics.Contains(topic.Key)).ToDictionary();
        IReadOnlyDictionary<(TopicKey, BreakdownValue), DistinctAnswer>? answers = null;
        if (united.Count > 0)
        {
            desk.CheckDays(united.Values.Max(one => one.Count));
            await turn!.SaveAsync(table.Page, united.Values.Min(one => one[0]), united.Values.Max(one => one[^1]), [.. united.Keys], cancellationToken);
            var scope = new PartScope(table.Page, table.Breakdown!.Value, united, several.Select(sum => sum.Value!.Value).ToHashSet());
            answers = await turn!.People.DistinctByPartAsync(scope, metrics, cancellationToken);
        }

        foreach (PartTotals sum in several)
        {
            Put(sum, answers?.GetValueOrDefault((sum.Topic!.Value, sum.Value!.Value)), metrics, gaps);
        }

        if (gaps is null || filter.TopicId is not null)
        {
            return;
        }

        ILookup<TopicKey, (CounterId Id, int Metric, long Value)> lacking = (await _withoutParts.FindAsync(
            table.Page, table.Breakdown!.Value, days.SelectMany(topic => topic.Value.Select(day => new CounterId(table.Page.Id, topic.Key, day))), cancellationToken))
            .ToLookup(one => one.Id.Topic);
        foreach (PartTotals sum in sums)
        {
            Note(sum, WhyNot(table.Page, [.. lacking[sum.Topic!.Value]]), gaps);
        }
    }

    /// <summary>A day after the other, so that the unions and topics of one are held at a time.</summary>
    private async Task PutDaysAsync(QuestionTurn? turn, StatisticsTable table, StatisticsFilter filter, IReadOnlyList<PartTotals> sums, int[] metrics,
        Dictionary<PartTotals, UnionGaps>? gaps, CancellationToken cancellationToken)
    {
        PartTotals[] several = turn is null ? [] : [.. sums.Where(sum => sum.Rows > 1)];
        if (several.Length > 0)
        {
            desk.CheckDays(several.Length);
            TopicKey[] topics = filter is { TopicType: { } type, TopicId: { } id } ? [new TopicKey(type, id)] : [];
            await turn!.SaveAsync(table.Page, several.Min(sum => sum.Day), several.Max(sum => sum.Day), topics, cancellationToken);
        }

        IReadOnlySet<BreakdownValue>? values = filter.Part is { } part ? new HashSet<BreakdownValue> { part } : null;
        bool isNoted = gaps is not null && filter.TopicId is null;
        foreach (PartTotals sum in isNoted ? sums : several)
        {
            var scope = new PartScope(table.Page, table.Breakdown!.Value,
                await store.Queries.DaysAsync(table, filter with { From = sum.Day, To = sum.Day }, topics: null, cancellationToken), values);
            if (sum.Rows > 1)
            {
                Put(sum, await turn!.People.DistinctOfPartsAsync(scope, metrics, cancellationToken), metrics, gaps);
            }

            if (isNoted)
            {
                Note(sum, await WhyNotAsync(table, scope.Counters(), cancellationToken), gaps!);
            }
        }
    }

    private static void Put(PartTotals sum, DistinctAnswer? answer, int[] metrics, Dictionary<PartTotals, UnionGaps>? gaps)
    {
        // Where its rows were removed meanwhile nobody is in them.
        RowUnions.Put(answer?.Counts ?? new long[metrics.Length], metrics, sum.Values);
        if (gaps is not null && answer is not null && UnionGaps.Of(answer.Gaps) is { IsNone: false } lacking)
        {
            gaps[sum] = lacking;
        }
    }

    private static void Note(PartTotals sum, string? why, Dictionary<PartTotals, UnionGaps> gaps)
    {
        if (why is not null)
        {
            gaps[sum] = new UnionGaps(AreKnown: true, gaps.TryGetValue(sum, out UnionGaps? known) ? $"{known.Why} {why}" : why);
        }
    }

    private static UnionGaps OfAll(Dictionary<PartTotals, UnionGaps> gaps) => gaps.Count == 0 ? UnionGaps.None
        : new UnionGaps(AreKnown: true, gaps.Count == 1 ? gaps.Values.First().Why
            : $"{gaps.Count} rows are not all of it, and each says why; one of them: {gaps.Values.First().Why}");

    /// <summary>What is summed: a topic and a value, or a day.</summary>
    private readonly record struct PartKey(TopicKey? Topic, BreakdownValue? Value, int Day)
    {
        public static PartKey Of(PartTotals sum) => new(sum.Topic, sum.Value, sum.Day);

        public static int Compare(PartKey one, PartKey other) =>
            one.Topic is not { } topic || one.Value is not { } value ? one.Day.CompareTo(other.Day)
            : UnionOrder.Compare(value.Text, other.Value!.Value.Text) is var text && text != 0 ? text
            : value.Id != other.Value.Value.Id ? value.Id.CompareTo(other.Value.Value.Id)
            : UnionOrder.Compare(topic, other.Topic!.Value);
    }
}
