using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Questions;
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
    }

    private static async Task<BreakdownList> AskAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        Scope scope = await ScopeOfAsync(services, query, cancellationToken);
        int limit = query.Limit;
        List<StatisticsRow> rows = await services.Store.Statistics.ReadAsync(scope.Table, scope.Filter, cancellationToken)
            .Skip(query.Offset).Take(limit + 1).ToListAsync(cancellationToken);
        return new BreakdownList(
            scope.Table.Page.Name, scope.Breakdown.Name(), scope.From, scope.To,
            [.. rows.Take(limit).Select(row => RowOf(scope, row))],
            rows.Count > limit ? query.Offset + limit : null,
            await WhyNotAsync(services, scope, cancellationToken));
    }

    private static async Task<IResult> WriteAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        string start = query.CsvStart;
        Scope scope = await ScopeOfAsync(services, query, context.RequestAborted);
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

    private static async Task<Scope> ScopeOfAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        Page page = query.Page(services.Catalog);
        Breakdown breakdown = Breakdowns.Find(query.OneOf("by", [.. Enum.GetValues<Breakdown>().Select(known => known.Name())]))!.Value;
        var table = new StatisticsTable(page, breakdown);
        TopicKey? topic = query.Topic();
        string? text = query.Text("value", 4000);
        BreakdownValue? value = text is null ? null : BreakdownValue.Parse($"{breakdown.Name()}={text}")
            ?? throw ApiProblem.Bad($"value = {text}: expected {(breakdown == Breakdown.Parent ? "TYPE:ID, as BEAR:3" : "a text")}.");
        if (topic is null && value is null)
        {
            throw ApiProblem.Bad("Neither a topic (type and id) nor a value is named: what led to a topic, or what a value led to, is asked for.");
        }

        (DateOnly from, DateOnly to) = query.Days(services.Today);
        await RequireCompleteAsync(services, table, cancellationToken);
        PartitionClient partitions = services.Node.IsServing && services.Node.Partitions is { } running ? running : throw ApiProblem.NotServing();
        int count = services.Settings.Engine.Partitions.Partitions;
        await partitions.FlushAsync(topic is { } one ? [one.ShardOf(count)] : Enumerable.Range(0, count), cancellationToken);
        return new Scope(
            table, breakdown, topic, value, from, to, query.Metrics(page) ?? [.. Enumerable.Range(0, page.Metrics.Length)],
            new StatisticsFilter(page.Name, topic?.Type, topic?.Id, from.DayNumber, to.DayNumber, value));
    }

    private static async Task RequireCompleteAsync(ApiServices services, StatisticsTable table, CancellationToken cancellationToken)
    {
        AgreedBreakdown? agreed = (await services.Store.Breakdowns.ListAsync(cancellationToken))
            .FirstOrDefault(known => string.Equals(known.Table, table.Name, StringComparison.Ordinal));
        if (agreed is null)
        {
            throw new ApiProblem(StatusCodes.Status409Conflict,
                $"Page {table.Page.Name} is not broken down by {table.Breakdown!.Value.Name()}: dataload.pages.{table.Page.Name}.breakdowns turns it on.");
        }

        if (!agreed.IsComplete)
        {
            throw new ApiProblem(StatusCodes.Status409Conflict,
                $"{table.Name} is being computed over the past: {agreed.Filled} of {services.Settings.Engine.Partitions.Partitions} Partitions are done. Try again later.");
        }
    }

    /// <summary>What of a topic's rows has no parts, with its days; null where all of it has.</summary>
    private static async Task<string?> WhyNotAsync(ApiServices services, Scope scope, CancellationToken cancellationToken)
    {
        int days = scope.To.DayNumber - scope.From.DayNumber + 1;
        if (scope.Topic is not { } topic || days > services.Settings.Questions.MaxDays)
        {
            return null;
        }

        Page page = scope.Table.Page;
        IReadOnlyList<(int Day, int Metric, long Value)> lacking = await new WithoutParts(services.Store.Snapshots, services.Settings.Engine.Partitions.Partitions)
            .FindAsync(page, scope.Breakdown, topic, Enumerable.Range(scope.From.DayNumber, days), cancellationToken);
        return lacking.Count == 0 ? null : "What stood before the journal begins, or was adopted, has no parts: " + string.Join(", ", lacking.Select(one =>
            $"{NamedValues.ValueOf(page.Metrics[one.Metric], one.Value, isDistinctKnown: true)?.Text} of {page.Metrics[one.Metric].Column} "
            + $"on {DateOnly.FromDayNumber(one.Day):yyyy-MM-dd}")) + ".";
    }

    private static BreakdownList.PartRow RowOf(Scope scope, StatisticsRow row) => new(
        row.TopicType, row.TopicId, DateOnly.FromDayNumber(row.Day), row.Part!.Value.Text, scope.Breakdown.IdColumn() is null ? null : row.Part.Value.Id,
        NamedValues.Of(scope.Table.Page, row.Values, scope.Metrics, isDistinctKnown: true));

    private sealed record Scope(
        StatisticsTable Table, Breakdown Breakdown, TopicKey? Topic, BreakdownValue? Value, DateOnly From, DateOnly To, int[] Metrics, StatisticsFilter Filter);
}

/// <summary>The rows of a breakdown; <c>next</c> is the offset of those that follow, <c>why</c> says what of a topic's rows has no parts.</summary>
internal sealed record BreakdownList(string Page, string By, DateOnly From, DateOnly To, IReadOnlyList<BreakdownList.PartRow> Rows, int? Next, string? Why)
{
    /// <summary>One topic, day and value; a parent's <c>value</c> is its type.</summary>
    internal sealed record PartRow(string Type, int Id, DateOnly Day, string Value, int? ValueId, NamedValues Values);
}
