using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Host.Api;

/// <summary>A page's cells broken down by carrier page, channel or code: of a topic, what led to it; of a value, what it led to. A row a topic, day and value, not
/// older than the question.</summary>
internal static class BreakdownEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/breakdown", ApiJson.Default.BreakdownList, context => AskAsync(services, new ApiQuery(context.Request.Query), context.RequestAborted));
        api.MapRead("/breakdown.csv", context => WriteAsync(services, context));
        BreakdownTotalsEndpoint.Map(api, services);
    }

    private static async Task<BreakdownList> AskAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        BreakdownScope scope = await BreakdownScope.OfAsync(services, query, cancellationToken);
        int limit = query.Limit;
        List<StatisticsRow> rows = await services.Store.Statistics.ReadAsync(scope.Table, scope.Filter, cancellationToken)
            .Skip(query.Offset).Take(limit + 1).ToListAsync(cancellationToken);
        return new BreakdownList(
            scope.Table.Page.Name, scope.Breakdown.Name(), scope.From, scope.To,
            [.. rows.Take(limit).Select(row => RowOf(scope, row))],
            rows.Count > limit ? query.Offset + limit : null,
            await scope.WhyNotAsync(services, rows.Take(limit), cancellationToken));
    }

    private static async Task<IResult> WriteAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        string start = query.CsvStart;
        BreakdownScope scope = await BreakdownScope.OfAsync(services, query, context.RequestAborted);
        Page page = scope.Table.Page;
        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{scope.Table.Name}_{scope.From:yyyy-MM-dd}_{scope.To:yyyy-MM-dd}.csv\"";
        await context.Response.WriteAsync(
            start + string.Join(',', [.. scope.Table.Key, .. scope.Metrics.Select(metric => page.Metrics[metric].Column)]) + "\r\n", context.RequestAborted);
        await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(scope.Table, scope.Filter, context.RequestAborted))
        {
            BreakdownValue part = row.Part!.Value;
            string[] value = scope.Breakdown.IdColumn() is null ? [CounterCsv.Quote(part.Text)] : [CounterCsv.Quote(part.Text), $"{part.Id}"];
            string?[] cells =
            [
                CounterCsv.Quote(row.TopicType), $"{row.TopicId}", $"{DateOnly.FromDayNumber(row.Day):yyyy-MM-dd}", .. value,
                .. scope.Metrics.Select(metric => NamedValues.ValueOf(page.Metrics[metric], row.Values[metric], isDistinctKnown: true)?.Text),
            ];
            await context.Response.WriteAsync(string.Join(',', cells) + "\r\n", context.RequestAborted);
        }

        return Results.Empty;
    }

    private static BreakdownList.PartRow RowOf(BreakdownScope scope, StatisticsRow row) => new(
        row.TopicType, row.TopicId, DateOnly.FromDayNumber(row.Day), row.Part!.Value.Text, scope.Breakdown.IdColumn() is null ? null : row.Part.Value.Id,
        NamedValues.Of(scope.Table.Page, row.Values, scope.Metrics, isDistinctKnown: true));
}

/// <summary>The rows of a breakdown; <c>next</c> is the offset of those that follow, <c>why</c> says what has no parts.</summary>
internal sealed record BreakdownList(string Page, string By, DateOnly From, DateOnly To, IReadOnlyList<BreakdownList.PartRow> Rows, int? Next, string? Why)
{
    /// <summary>One topic, day and value; a parent's <c>value</c> is its type.</summary>
    internal sealed record PartRow(string Type, int Id, DateOnly Day, string Value, int? ValueId, NamedValues Values);
}
