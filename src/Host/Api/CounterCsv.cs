using System.Runtime.CompilerServices;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Questions;

namespace DataLoad.Host.Api;

/// <summary>Topics as CSV (RFC 4180). Distinct columns of several days are unions, and a last column says what is not among them. In the order of topics, or a
/// row a day, it is written while it is read, whatever its size; in the order of a metric it is bounded.</summary>
internal static class CounterCsv
{
    private const int FlushBytes = 64 * 1024;
    private const int TopicsAtOnce = 256;
    private const string NoteColumn = "note";

    public static async Task<IResult> WriteAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        Page page = query.Page(services.Catalog);
        (DateOnly from, DateOnly to) = query.Days(services.Today);
        int[] columns = query.Metrics(page) ?? [.. Enumerable.Range(0, page.Metrics.Length)];
        TopicQuery topics = CounterEndpoints.QueryOf(query, page, from, to) with { Offset = 0 };
        string start = query.CsvStart;
        bool byDay = string.Equals(query.OneOf("by", "topic", "day"), "day", StringComparison.Ordinal);
        CancellationToken cancellationToken = context.RequestAborted;
        int[] distinct = from == to || byDay ? [] : RowUnions.DistinctOf(page, columns);

        // The first rows are there before anything is written, so that one who has to come again is told so.
        IAsyncEnumerable<CsvRow> rows = byDay ? DaysAsync(services, page, topics, cancellationToken)
            : RowUnions.IsOrder(page, topics) ? await OrderedAsync(services, page, topics, columns, cancellationToken)
            : UniteAsync(services, page, topics.Sort is null && !topics.Descending ? FoldAsync(DaysAsync(services, page, topics, cancellationToken))
                : await SortedAsync(services, page, topics, cancellationToken), topics.Filter, distinct, cancellationToken);
        await using IAsyncEnumerator<CsvRow> reader = rows.GetAsyncEnumerator(cancellationToken);
        bool hasRow = await reader.MoveNextAsync();

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{page.Table}_{from:yyyy-MM-dd}_{to:yyyy-MM-dd}.csv\"";
        var text = new StringBuilder(start).Append("topic_type,topic_id").Append(byDay || from == to ? ",stat_date" : "");
        text.AppendJoin("", columns.Select(column => $",{page.Metrics[column].Column}")).Append(distinct.Length == 0 ? "\r\n" : $",{NoteColumn}\r\n");
        for (; hasRow; hasRow = await reader.MoveNextAsync())
        {
            CsvRow row = reader.Current;
            text.Append(Quote(row.Type)).Append(',').Append($"{row.Id}");
            if ((row.Day ?? (from == to ? from.DayNumber : null)) is int number)
            {
                text.Append($",{DateOnly.FromDayNumber(number):yyyy-MM-dd}");
            }

            foreach (int column in columns)
            {
                text.Append(',').Append(NamedValues.ValueOf(page.Metrics[column], row.Values[column], isDistinctKnown: true)?.Text);
            }

            text.Append(distinct.Length == 0 ? "" : $",{Quote(row.Note ?? "")}").Append("\r\n");
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
        ApiServices services, Page page, TopicQuery topics, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(page, topics.Filter, cancellationToken))
        {
            if (topics.Search is null || $"{row.TopicType}/{row.TopicId}".Contains(topics.Search, StringComparison.OrdinalIgnoreCase))
            {
                yield return new CsvRow(row.TopicType, row.TopicId, row.Day, row.Values, Note: null);
            }
        }
    }

    /// <summary>Adds up the days of a topic, which come one after the other.</summary>
    private static async IAsyncEnumerable<TopicTotals> FoldAsync(IAsyncEnumerable<CsvRow> days)
    {
        TopicTotals? sum = null;
        await foreach (CsvRow day in days)
        {
            if (sum is { } last && last.TopicId == day.Id && string.Equals(last.TopicType, day.Type, StringComparison.Ordinal))
            {
                for (int i = 0; i < day.Values.Length; i++)
                {
                    last.Values[i] = checked(last.Values[i] + day.Values[i]);
                }

                sum = last with { Days = last.Days + 1 };
                continue;
            }

            if (sum is { } done)
            {
                yield return done;
            }

            sum = new TopicTotals(day.Type, day.Id, 1, day.Values);
        }

        if (sum is { } end)
        {
            yield return end;
        }
    }

    private static async Task<IAsyncEnumerable<TopicTotals>> SortedAsync(ApiServices services, Page page, TopicQuery topics, CancellationToken cancellationToken)
    {
        int most = services.Settings.Http.MaxSortedCsv;
        TopicTotalsPage found = await services.Store.Queries.TopAsync(page, topics with { Limit = most }, cancellationToken);
        return found.Total <= most ? found.Topics.ToAsyncEnumerable() : throw TooMany(found.Total, most);
    }

    /// <summary>All topics in the order of a union, which is known when all are united.</summary>
    private static async Task<IAsyncEnumerable<CsvRow>> OrderedAsync(
        ApiServices services, Page page, TopicQuery topics, int[] columns, CancellationToken cancellationToken)
    {
        int most = services.Settings.Http.MaxSortedCsv;
        (TopicTotalsPage found, _, IReadOnlyDictionary<TopicKey, UnionGaps> gaps) =
            await services.Unions.ReadTopicsAsync(page, topics with { Limit = most }, columns, cancellationToken);
        return found.Total > most ? throw TooMany(found.Total, most) : found.Topics
            .Select(topic => new CsvRow(topic.TopicType, topic.TopicId, Day: null, topic.Values, gaps.GetValueOrDefault(RowUnions.KeyOf(topic))?.Why)).ToAsyncEnumerable();
    }

    private static ApiProblem TooMany(long topics, int most) => ApiProblem.Bad(
        $"{topics} topics are more than the {most} that are sorted (dataload.http.max-sorted-csv): ask for sort=topic&order=asc, which has no limit.");

    /// <summary>Puts unions into the place of the sums of distinct columns, of some topics at a time: a reader that is slow takes nobody's turn. Once it has
    /// begun, it waits for each turn as long as it takes.</summary>
    private static async IAsyncEnumerable<CsvRow> UniteAsync(ApiServices services, Page page, IAsyncEnumerable<TopicTotals> topics,
        StatisticsFilter filter, int[] distinct, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan patience = services.Questions.Settings.Patience;
        await foreach (TopicTotals[] some in topics.Chunk(TopicsAtOnce).WithCancellation(cancellationToken))
        {
            IReadOnlyDictionary<TopicKey, UnionGaps>? gaps = null;
            if (distinct.Length > 0 && some.Any(topic => topic.Days > 1))
            {
                using QuestionTurn turn = await services.Questions.EnterAsync(patience, cancellationToken);
                gaps = await services.Unions.PutTopicsAsync(turn, page, some, filter, distinct, cancellationToken);
            }

            patience = Timeout.InfiniteTimeSpan;
            foreach (TopicTotals topic in some)
            {
                yield return new CsvRow(topic.TopicType, topic.TopicId, Day: null, topic.Values, gaps?.GetValueOrDefault(RowUnions.KeyOf(topic))?.Why);
            }
        }
    }

    /// <summary>A text as a field. One that a spreadsheet would take for a formula is led by an apostrophe.</summary>
    public static string Quote(string text)
    {
        string safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' ? $"'{text}" : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }

    private sealed record CsvRow(string Type, int Id, int? Day, long[] Values, string? Note);
}
