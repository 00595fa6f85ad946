using System.Runtime.InteropServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Api;

/// <summary>The rows of a breakdown summed over the days, a topic and value each, in the order of a column; or summed over everything, a day each. A topic may
/// have 100,000 values and a value as many topics, so that they are sorted here and sent a page at a time.</summary>
internal static class BreakdownTotalsEndpoint
{
    /// <summary>How many numbers one answer may hold while it is made: some 32 MiB with the keys.</summary>
    private const int MaxNumbers = 4_000_000;

    /// <summary>What a key takes in memory, in numbers.</summary>
    private const int KeyNumbers = 20;

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead(
        "/breakdown/totals", ApiJson.Default.BreakdownTotals, context => AskAsync(services, new ApiQuery(context.Request.Query), context.RequestAborted));

    private static async Task<BreakdownTotals> AskAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        bool isByDay = string.Equals(query.OneOf("per", "part", "day"), "day", StringComparison.Ordinal);
        bool isDescending = string.Equals(query.OneOf("order", "desc", "asc"), "desc", StringComparison.Ordinal);
        int offset = query.Offset;
        int limit = query.Limit;
        BreakdownScope scope = await BreakdownScope.OfAsync(services, query, cancellationToken);
        Page page = scope.Table.Page;
        int? sort = query.Text("sort") is not { } column || string.Equals(column, "key", StringComparison.Ordinal) ? null
            : ApiQuery.MetricOf(page, "sort", column);
        if (sort is { } place && page.Metrics[place].Kind == MetricKind.Distinct && (isByDay || scope.From != scope.To))
        {
            throw ApiProblem.Bad($"sort = {page.Metrics[place].Column}: different people of several rows do not add up. Sort by key, a count or an amount, or ask "
                + "for the parts of one day.");
        }

        // A sum takes memory for as long as it is made: those that come together wait for each other.
        await services.BreakdownSums.WaitAsync(cancellationToken);
        try
        {
            int[] metrics = sort is { } sorted && !scope.Metrics.Contains(sorted) ? [.. scope.Metrics, sorted] : scope.Metrics;
            Dictionary<Key, Sum> sums = await SumAsync(services, scope, metrics, isByDay, cancellationToken);
            IOrderedEnumerable<KeyValuePair<Key, Sum>> ordered = Order(sums, sort is { } by ? Array.IndexOf(metrics, by) : null, isDescending);
            return new BreakdownTotals(
                page.Name, scope.Breakdown.Name(), scope.From, scope.To, sort is { } at ? page.Metrics[at].Column : "key", isDescending ? "desc" : "asc",
                offset, limit, sums.Count, [.. ordered.Skip(offset).Take(limit).Select(item => ItemOf(scope, item.Key, item.Value))],
                await scope.WhyNotAsync(services, cancellationToken));
        }
        finally
        {
            services.BreakdownSums.Release();
        }
    }

    private static async Task<Dictionary<Key, Sum>> SumAsync(
        ApiServices services, BreakdownScope scope, int[] metrics, bool isByDay, CancellationToken cancellationToken)
    {
        var sums = new Dictionary<Key, Sum>();
        int most = MaxNumbers / (metrics.Length + KeyNumbers);
        await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(scope.Table, scope.Filter, cancellationToken))
        {
            BreakdownValue part = row.Part!.Value;
            Key key = isByDay ? new Key("", 0, "", 0, row.Day) : new Key(row.TopicType, row.TopicId, part.Text, part.Id, 0);
            ref Sum sum = ref CollectionsMarshal.GetValueRefOrAddDefault(sums, key, out bool isKnown);
            if (!isKnown && sums.Count > most)
            {
                throw new ApiProblem(StatusCodes.Status422UnprocessableEntity,
                    $"There are more than {most} parts, which are too many to be sorted at once: ask for fewer metrics or days, or take the CSV.");
            }

            sum.Values ??= new long[metrics.Length];
            sum.Rows++;
            for (int i = 0; i < metrics.Length; i++)
            {
                sum.Values[i] = checked(sum.Values[i] + row.Values[metrics[i]]);
            }
        }

        return sums;
    }

    /// <summary>By a sum, the equal ones by their key, or by the key alone.</summary>
    private static IOrderedEnumerable<KeyValuePair<Key, Sum>> Order(Dictionary<Key, Sum> sums, int? by, bool isDescending) =>
        by is { } at ? (isDescending ? sums.OrderByDescending(item => item.Value.Values[at]) : sums.OrderBy(item => item.Value.Values[at])).ThenBy(item => item.Key)
        : isDescending ? sums.OrderByDescending(item => item.Key)
        : sums.OrderBy(item => item.Key);

    private static BreakdownTotals.PartSum ItemOf(BreakdownScope scope, Key key, Sum sum)
    {
        Page page = scope.Table.Page;
        var values = new NamedValues([.. scope.Metrics.Select((metric, i) =>
            new NamedValues.Entry(page.Metrics[metric].Column, NamedValues.ValueOf(page.Metrics[metric], sum.Values[i], isDistinctKnown: sum.Rows == 1)))]);
        return key.Day != 0
            ? new BreakdownTotals.PartSum(null, null, null, null, DateOnly.FromDayNumber(key.Day), sum.Rows, values)
            : new BreakdownTotals.PartSum(key.Type, key.Id, key.Text, scope.Breakdown.IdColumn() is null ? null : key.PartId, null, sum.Rows, values);
    }

    private struct Sum
    {
        public int Rows;
        public long[] Values;
    }

    /// <summary>What is summed: a topic and a value, or a day.</summary>
    private readonly record struct Key(string Type, int Id, string Text, int PartId, int Day) : IComparable<Key>
    {
        public int CompareTo(Key other) =>
            Day != other.Day ? Day.CompareTo(other.Day)
            : string.CompareOrdinal(Text, other.Text) is var text && text != 0 ? text
            : PartId != other.PartId ? PartId.CompareTo(other.PartId)
            : string.CompareOrdinal(Type, other.Type) is var type && type != 0 ? type
            : Id.CompareTo(other.Id);
    }
}

/// <summary>A page of sums; <c>total</c> says how many there are, <c>why</c> what of a topic's rows has no parts.</summary>
internal sealed record BreakdownTotals(string Page, string By, DateOnly From, DateOnly To, string Sort, string Order, int Offset, int Limit, int Total,
    IReadOnlyList<BreakdownTotals.PartSum> Items, string? Why)
{
    /// <summary>A topic and a value, or a day, and how many rows are in its sums; a parent's <c>value</c> is its type.</summary>
    internal sealed record PartSum(string? Type, int? Id, string? Value, int? ValueId, DateOnly? Day, int Rows, NamedValues Values);
}
