using System.Text.Json.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Questions;
using DataLoad.Host.Questions;

namespace DataLoad.Host.Api;

/// <summary>Questions about distinct people over several days and topics. Partitions save what their Counters hold before it is read, so that an answer is
/// not older than the question.</summary>
internal static class QuestionEndpoints
{
    private const int MaxSteps = 10;
    private const int MaxAfterDays = 20;
    private const int LongestAfter = 366;

    private static readonly int[] UsualAfter = [1, 7, 30];

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        Map(api, services, "/distinct", ApiJson.Default.DistinctPeople, DistinctAsync, answer =>
        [
            ["page", "column", "from", "to", "value"],
            [answer.Page, answer.Column, Text(answer.From), Text(answer.To), $"{answer.Value}"],
        ]);
        Map(api, services, "/retention", ApiJson.Default.RetentionTable, RetentionAsync, answer =>
        [
            ["day", answer.Column, .. answer.After.Select(days => $"after_{days}")],
            .. answer.Days.Select(day => (string[])[Text(day.Day), $"{day.People}", .. day.Returned.Select(count => $"{count}")]),
        ]);
        Map(api, services, "/funnel", ApiJson.Default.Funnel, FunnelAsync, answer =>
            [["column", "people"], .. answer.Steps.Select(step => (string[])[step.Column, $"{step.People}"])]);
    }

    private static void Map<T>(RouteGroupBuilder api, ApiServices services, string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        Func<Asked, Task<T>> answer, Func<T, IEnumerable<string[]>> rows)
    {
        api.MapRead(path, async context =>
        {
            var asked = new Asked(services, context);
            return asked.WantsProgress ? await QuestionStream.AnswerAsync(asked, context, type, answer(asked)) : Results.Json(await answer(asked), type);
        });
        api.MapRead($"{path}.csv", async context =>
        {
            var asked = new Asked(services, context);
            string start = asked.Query.CsvStart;
            T answered = await answer(asked);
            IEnumerable<string> lines = rows(answered).Select(row => string.Join(',', row.Select(CounterCsv.Quote)) + "\r\n");
            return Results.Text(start + string.Concat(lines), "text/csv; charset=utf-8");
        });
    }

    /// <summary>Waits for a turn, has the Counters saved, and asks.</summary>
    /// <param name="asked">The request.</param>
    /// <param name="scope">What it is about.</param>
    /// <param name="last">The last day that is read.</param>
    /// <param name="ask">Asks.</param>
    private static async Task<T> AskAsync<T>(Asked asked, QuestionScope scope, int last, Func<PeopleQuestions, Task<T>> ask)
    {
        asked.Progress.Begin(scope.Days[0], last);
        using QuestionTurn turn = await asked.Services.Questions.EnterAsync(asked.Token, asked.Progress);
        await turn.SaveAsync(scope.Page, scope.Days[0], scope.Days[^1], scope.Topics, asked.Token);
        return await ask(turn.People);
    }

    private static async Task<DistinctPeople> DistinctAsync(Asked asked)
    {
        QuestionScope scope = ScopeOf(asked.Services, asked.Query);
        int metric = MetricOf(asked.Services, scope.Page, "column", asked.Query.Text("column"));
        DistinctAnswer answer = await AskAsync(asked, scope, scope.Days[^1], people => people.DistinctAsync(scope, [metric], asked.Token));
        return new DistinctPeople(scope.Page.Name, scope.Page.Metrics[metric].Column, DateOnly.FromDayNumber(scope.Days[0]), DateOnly.FromDayNumber(scope.Days[^1]),
            TopicsOf(scope), answer.Counts[0], UnionGaps.Of(answer.Gaps).IsNone, UnionGaps.Of(answer.Gaps).Why);
    }

    private static async Task<RetentionTable> RetentionAsync(Asked asked)
    {
        QuestionScope scope = ScopeOf(asked.Services, asked.Query);
        int metric = MetricOf(asked.Services, scope.Page, "column", asked.Query.Text("column"));
        int returning = MetricOf(asked.Services, scope.Page, "returning", asked.Query.Text("returning"));
        Same(asked.Services, scope.Page, [metric, returning]);
        int[] after = asked.Query.Text("days") is { } text ? AfterOf(text) : UsualAfter;
        int today = asked.Services.Today.Today.DayNumber;
        RetentionAnswer answer = await AskAsync(asked, scope, PeopleQuestions.LastCompared(scope, after.Max(), today),
            people => people.RetentionAsync(scope, metric, returning, after, today, asked.Token));
        return new RetentionTable(scope.Page.Name, scope.Page.Metrics[metric].Column, scope.Page.Metrics[returning].Column,
            DateOnly.FromDayNumber(scope.Days[0]), DateOnly.FromDayNumber(scope.Days[^1]), TopicsOf(scope), after,
            [.. answer.Rows.Select(row => new RetentionTable.RetentionDay(DateOnly.FromDayNumber(row.Day), row.Count,
                [.. after.Select(days => row.Returned.TryGetValue(days, out long count) ? count : (long?)null)]))],
            UnionGaps.Of(answer.Gaps).IsNone, UnionGaps.Of(answer.Gaps).Why);
    }

    private static async Task<Funnel> FunnelAsync(Asked asked)
    {
        QuestionScope scope = ScopeOf(asked.Services, asked.Query);
        string[] columns = (asked.Query.Text("columns", 4000) ?? throw ApiProblem.Bad("columns is missing: expected distinct columns, separated by commas."))
            .Split(',', StringSplitOptions.TrimEntries);
        if (columns.Length is < 2 or > MaxSteps)
        {
            throw ApiProblem.Bad($"columns has {columns.Length} steps: expected 2 to {MaxSteps}.");
        }

        int[] metrics = [.. columns.Select(column => MetricOf(asked.Services, scope.Page, "columns", column))];
        Same(asked.Services, scope.Page, metrics);
        FunnelAnswer answer = await AskAsync(asked, scope, scope.Days[^1], people => people.FunnelAsync(scope, metrics, asked.Token));
        return new Funnel(scope.Page.Name, DateOnly.FromDayNumber(scope.Days[0]), DateOnly.FromDayNumber(scope.Days[^1]), TopicsOf(scope),
            [.. metrics.Zip(answer.Counts, (metric, count) => new Funnel.FunnelStep(scope.Page.Metrics[metric].Column, count))], UnionGaps.Of(answer.Gaps).IsNone, UnionGaps.Of(answer.Gaps).Why);
    }

    private static QuestionScope ScopeOf(ApiServices services, ApiQuery query)
    {
        QuestionSettings settings = services.Settings.Questions;
        Page page = query.Page(services.Catalog);
        (DateOnly from, DateOnly to) = query.Days(services.Today);
        IReadOnlyList<TopicKey> topics = query.Topics(settings.MaxTopics);
        int days = to.DayNumber - from.DayNumber + 1;
        return days <= settings.MaxDays ? new QuestionScope(page, [.. Enumerable.Range(from.DayNumber, days)], topics)
            : throw ApiProblem.Bad($"{from:yyyy-MM-dd} to {to:yyyy-MM-dd} are {days} days: expected at most {settings.MaxDays} (dataload.questions.max-days).");
    }

    private static int MetricOf(ApiServices services, Page page, string parameter, string? column)
    {
        Metric[] distinct = [.. page.Metrics.Where(metric => metric.Kind == MetricKind.Distinct)];
        return column is null ? throw ApiProblem.Bad($"{parameter} is missing: expected one of {string.Join(", ", distinct.Select(metric => metric.Column))}.")
            : MetricNames.Find(page, column) is { } place && page.Metrics[place].Kind == MetricKind.Distinct ? place
            : throw ApiProblem.Bad($"{parameter} = {column}: page {page.Name} has no such column of distinct ones; {MetricNames.Instead(distinct, column)}");
    }

    /// <summary>People are compared with people, and brands with brands.</summary>
    private static void Same(ApiServices services, Page page, IReadOnlyList<int> metrics)
    {
        string[] kinds = [.. metrics.Select(metric =>
            $"{page.Metrics[metric].Column} holds {(services.Catalog.MembersOf(page, metric) == MemberKind.People ? "people" : "brands")}")];
        if (metrics.Select(metric => services.Catalog.MembersOf(page, metric)).Distinct().Count() > 1)
        {
            throw ApiProblem.Bad($"People and brands cannot be compared: {string.Join(", ", kinds)}.");
        }
    }

    private static int[] AfterOf(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        int[] days = [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0)];
        return days.Length <= MaxAfterDays && days.All(number => number is >= 1 and <= LongestAfter) && days.Distinct().Count() == days.Length ? days
            : throw ApiProblem.Bad($"days = {text}: expected at most {MaxAfterDays} different numbers from 1 to {LongestAfter}, separated by commas, as 1,7,30.");
    }

    private static IReadOnlyList<string> TopicsOf(QuestionScope scope) => [.. scope.Topics.Select(topic => $"{topic.Type}:{topic.Id}")];

    private static string Text(DateOnly day) => day.ToString("yyyy-MM-dd");
}

/// <summary>How many distinct people, or brands, are in a column over all its days and topics; <c>why</c> says what is not among them.</summary>
internal sealed record DistinctPeople(string Page, string Column, DateOnly From, DateOnly To, IReadOnlyList<string> Topics, long Value, bool Complete, string? Why);

/// <summary>Of the people of each day, how many returned some days after; null where that day is yet to come.</summary>
internal sealed record RetentionTable(string Page, string Column, string Returning, DateOnly From, DateOnly To, IReadOnlyList<string> Topics,
    IReadOnlyList<int> After, IReadOnlyList<RetentionTable.RetentionDay> Days, bool Complete, string? Why)
{
    /// <summary>A day; who returned is in the order of <c>after</c>.</summary>
    internal sealed record RetentionDay(DateOnly Day, long People, IReadOnlyList<long?> Returned);
}

/// <summary>How many people are in the first column, how many of those in the second too, and so on.</summary>
internal sealed record Funnel(string Page, DateOnly From, DateOnly To, IReadOnlyList<string> Topics, IReadOnlyList<Funnel.FunnelStep> Steps, bool Complete,
    string? Why)
{
    internal sealed record FunnelStep(string Column, long People);
}
