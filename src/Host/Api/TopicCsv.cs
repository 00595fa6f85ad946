namespace DataLoad.Host.Api;

/// <summary>A topic's days as CSV (RFC 4180): a row a page and day, a column a metric of any page. A metric that a page does not have is empty there.</summary>
internal static class TopicCsv
{
    public static async Task<IResult> WriteAsync(ApiServices services, HttpContext context)
    {
        string start = new ApiQuery(context.Request.Query).CsvStart;
        TopicDetails topic = await CounterEndpoints.TopicAsync(services, context, withTotal: false);
        HashSet<string> shown = [.. topic.Pages.Select(page => page.Page)];
        string[] columns = [.. services.Catalog.Pages.Where(page => shown.Contains(page.Name)).SelectMany(page => page.Metrics).Select(metric => metric.Column)
            .Distinct(StringComparer.Ordinal)];
        IEnumerable<string> rows = topic.Pages.SelectMany(page => page.Days.Select(day => string.Join(
            ',',
            [CounterCsv.Quote(topic.Type), $"{topic.Id}", page.Page, $"{day.Day:yyyy-MM-dd}", .. columns.Select(column => day.Values.Find(column)?.Text ?? "")])));
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"topic_{topic.Id}.csv\"";
        return Results.Text(
            start + string.Concat(rows.Prepend(string.Join(',', ["topic_type", "topic_id", "page", "stat_date", .. columns])).Select(line => line + "\r\n")),
            "text/csv; charset=utf-8");
    }
}
