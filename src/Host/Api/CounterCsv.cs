using DataLoad.Engine.Statistics;
using CsvRow = (string Type, int Id, int? Day, int Rows, long[] Values);

namespace DataLoad.Host.Api;

/// <summary>Topics as CSV (RFC 4180). What is not known, the distinct people of several days, is empty. In the order of topics, or a row a day, it is written while it is read, whatever its size; in the order of a
/// metric it is bounded.</summary>
internal static class CounterCsv
{
    private const int FlushBytes = 64 * 1024;

    public static async Task<IResult> WriteAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        Page page = query.Page(services.Catalog);
        (DateOnly from, DateOnly to) = query.Days(services.Today);
        int[] columns = query.Metrics(page) ?? [.. Enumerable.Range(0, page.Metrics.Length)];
        TopicQuery topics = CounterEndpoints.QueryOf(query, page, from, to) with { Offset = 0 };
        bool byDay = string.Equals(query.OneOf("by", "topic", "day"), "day", StringComparison.Ordinal);
        CancellationToken cancellationToken = context.RequestAborted;
        IAsyncEnumerable<CsvRow> rows = byDay ? DaysAsync(services, page, topics, cancellationToken)
            : topics.Sort is null && !topics.Descending ? FoldAsync(DaysAsync(services, page, topics, cancellationToken))
            : await SortedAsync(services, page, topics, cancellationToken);

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{page.Table}_{from:yyyy-MM-dd}_{to:yyyy-MM-dd}.csv\"";
        var text = new StringBuilder("topic_type,topic_id").Append(byDay ? ",stat_date" : "");
        text.AppendJoin("", columns.Select(column => $",{page.Metrics[column].Column}")).Append("\r\n");
        await foreach ((string type, int id, int? day, int count, long[] values) in rows)
        {
            text.Append(Quote(type)).Append(',').Append($"{id}");
            if (day is int number)
            {
                text.Append($",{DateOnly.FromDayNumber(number):yyyy-MM-dd}");
            }

            foreach (int column in columns)
            {
                text.Append(',').Append(NamedValues.ValueOf(page.Metrics[column], values[column], isOneRow: count == 1)?.Text);
            }

            text.Append("\r\n");
            if (text.Length > FlushBytes)
            {
                await context.Response.WriteAsync(text.ToString(), cancellationToken);
                text.Clear();
            }
        }

        await context.Response.WriteAsync(text.ToString(), cancellationToken);
        return Results.Empty;
    }

    private static async IAsyncEnumerable<CsvRow> DaysAsync(
        ApiServices services, Page page, TopicQuery topics, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(page, topics.Filter, cancellationToken))
        {
            if (topics.Search is null || $"{row.TopicType}/{row.TopicId}".Contains(topics.Search, StringComparison.OrdinalIgnoreCase))
            {
                yield return (row.TopicType, row.TopicId, row.Day, 1, row.Values);
            }
        }
    }

    /// <summary>Adds up the days of a topic, which come one after the other.</summary>
    private static async IAsyncEnumerable<CsvRow> FoldAsync(IAsyncEnumerable<CsvRow> days)
    {
        CsvRow? sum = null;
        await foreach ((string type, int id, _, _, long[] values) in days)
        {
            if (sum is { } last && last.Id == id && string.Equals(last.Type, type, StringComparison.Ordinal))
            {
                for (int i = 0; i < values.Length; i++)
                {
                    last.Values[i] = checked(last.Values[i] + values[i]);
                }

                sum = last with { Rows = last.Rows + 1 };
                continue;
            }

            if (sum is { } done)
            {
                yield return done;
            }

            sum = (type, id, null, 1, values);
        }

        if (sum is { } end)
        {
            yield return end;
        }
    }

    private static async Task<IAsyncEnumerable<CsvRow>> SortedAsync(ApiServices services, Page page, TopicQuery topics, CancellationToken cancellationToken)
    {
        int most = services.Settings.Http.MaxSortedCsv;
        TopicTotalsPage found = await services.Store.Queries.TopAsync(page, topics with { Limit = most }, cancellationToken);
        return found.Total <= most
            ? found.Topics.Select(topic => (topic.TopicType, topic.TopicId, (int?)null, topic.Days, topic.Values)).ToAsyncEnumerable()
            : throw ApiProblem.Bad($"{found.Total} topics are more than the {most} that are sorted (dataload.http.max-sorted-csv): ask for "
                + "sort=topic&order=asc, which has no limit.");
    }

    /// <summary>A text as a field. One that a spreadsheet would take for a formula is led by an apostrophe.</summary>
    public static string Quote(string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
