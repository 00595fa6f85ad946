using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Questions;

namespace DataLoad.Host.Api;

/// <summary>The rows of a breakdown summed over the days, a topic and value each, in the order of a column; or summed over everything, a day each. Distinct columns
/// are unions. A topic may have 100,000 values and a value as many topics, so that the database sorts them and a page at a time is sent.</summary>
internal static class BreakdownTotalsEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead(
        "/breakdown/totals", ApiJson.Default.BreakdownTotals, context => AskAsync(services, new ApiQuery(context.Request.Query), context.RequestAborted));

    private static async Task<BreakdownTotals> AskAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        bool isByDay = string.Equals(query.OneOf("per", "part", "day"), "day", StringComparison.Ordinal);
        bool isDescending = string.Equals(query.OneOf("order", "desc", "asc"), "desc", StringComparison.Ordinal);
        int offset = query.Offset;
        int limit = query.Limit;
        string? sort = query.Text("sort");
        BreakdownScope scope = await BreakdownScope.OfAsync(services, query, cancellationToken);
        Page page = scope.Table.Page;
        int? by = sort is null or "key" ? null : ApiQuery.MetricOf(page, "sort", sort);
        var question = new PartQuery
        {
            Filter = scope.Filter,
            IsByDay = isByDay,
            Metrics = [.. (by is { } at ? scope.Metrics.Append(at) : scope.Metrics).Distinct()],
            Sort = by,
            Descending = isDescending,
            Offset = offset,
            Limit = limit,
        };
        (PartTotalsPage sums, UnionGaps all, IReadOnlyDictionary<PartTotals, UnionGaps> ofEach) = await services.Parts.ReadAsync(scope.Table, question, cancellationToken);
        string?[] why = [scope.Topic is null ? null : await scope.WhyNotAsync(services, [], cancellationToken), all.Why];
        return new BreakdownTotals(
            page.Name, scope.Breakdown.Name(), scope.From, scope.To, by is { } column ? page.Metrics[column].Column : "key", isDescending ? "desc" : "asc",
            offset, limit, sums.Total, [.. sums.Items.Select(sum => ItemOf(scope, sum, all.AreKnown, ofEach.GetValueOrDefault(sum)?.Why))],
            why.All(sentence => sentence is null), why.All(sentence => sentence is null) ? null : string.Join(' ', why.OfType<string>()));
    }

    private static BreakdownTotals.PartSum ItemOf(BreakdownScope scope, PartTotals sum, bool areUnionsKnown, string? why)
    {
        NamedValues values = NamedValues.Of(scope.Table.Page, sum.Values, scope.Metrics, isDistinctKnown: sum.Rows == 1 || areUnionsKnown);
        return sum is { Topic: { } topic, Value: { } value }
            ? new BreakdownTotals.PartSum(topic.Type, topic.Id, value.Text, scope.Breakdown.IdColumn() is null ? null : value.Id, null, sum.Rows, values, why)
            : new BreakdownTotals.PartSum(null, null, null, null, DateOnly.FromDayNumber(sum.Day), sum.Rows, values, why);
    }
}

/// <summary>A page of sums; <c>total</c> says how many there are, <c>why</c> what has no parts or is not in the unions, of all or of one.</summary>
internal sealed record BreakdownTotals(string Page, string By, DateOnly From, DateOnly To, string Sort, string Order, int Offset, int Limit, long Total,
    IReadOnlyList<BreakdownTotals.PartSum> Items, bool Complete, string? Why)
{
    /// <summary>A topic and a value, or a day, and how many rows are in its sums; a parent's <c>value</c> is its type.</summary>
    internal sealed record PartSum(string? Type, int? Id, string? Value, int? ValueId, DateOnly? Day, int Rows, NamedValues Values, string? Why);
}
