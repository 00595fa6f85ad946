using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload counters top</c>: the topics with the largest values.</summary>
internal static class CountersCommand
{
    private const int UsualMetrics = 6;

    private const string Details = """
        From the statistics table, as of the last flush. Over several days counts and amounts are added up, and distinct people
        united; what is not in the unions is said. Without --metrics a table shows the metric it is sorted by and the page's
        first ones; --wide and --json have them all. Metrics are named by their columns or as the dashboard shows them, in
        English or Chinese.

        Examples:
          dataload counters top
          dataload counters top --by pay_amount --limit 10
          dataload counters top --by visitors --type ACTIVITY
          dataload counters top --page bear --from 2024-11-01 --to 2024-11-30
          dataload counters top --search mall --metrics visit_cnt,visit_user_cnt
          dataload counters top --from 2024-11-01 --to 2024-11-30 --csv --by-day --bom > november.csv

        Exit codes: 0 done; 1 there are none; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand("counters", "Shows what was counted.",
        "Example:\n  dataload counters top --by pay_amount\n\nExit codes: 0 done; 1 there are none; 2 the node could not be asked.") { CreateTop(context) };

    private static Command CreateTop(OperatingContext context)
    {
        Option<string?> page = Options.Page("The page: act or bear; act without it.");
        Option<string?> by = Options.Metric("--by", "METRIC", "The metric to sort by, or topic; without it, the page's first.");
        Option<bool> ascending = new("--ascending") { Description = "The smallest first." };
        Option<string?> search = Options.Text("--search", "TEXT", "Topics alone with this text in type/id; TYPE:ID too.");
        Option<string?> type = Options.Text("--type", "TYPE", "Topics of this type alone.");
        Option<string?> metrics = Options.Metric("--metrics", "METRIC,…", "The metrics to show, separated by commas.");
        Option<int> limit = Options.Number("--limit", "N", "How many topics, 1 to 500.", 1, 500, 20);
        Option<int> offset = Options.Number("--offset", "N", "How many to pass over, 0 to 1000000.", 0, 1_000_000, 0);
        var days = new DayOptions();
        var watch = new WatchOptions();
        var csv = new CsvOptions("Prints all topics as CSV, whatever --limit and --offset say; a day's with a column for it.");
        Option<bool> byDay = new("--by-day") { Description = "With --csv: a row a topic and day, in the order of topics." };
        return context.Define("top", "Shows the topics of a page with the largest values.", Details,
            [page, by, ascending, search, type, metrics, limit, offset, .. days.Symbols, .. watch.Symbols, .. csv.Symbols, byDay, .. context.Tables], async run =>
        {
            (DateOnly? from, DateOnly? to) = days.Read(run.Line);
            string? ofType = run.Get(type);
            NodeAnswer first = await run.Node.GetAsync(PathOf(ofType), run.Token);
            if (ofType is not null && first.As<TopicList>().Total == 0)
            {
                TopicNames names = await NameLookup.FindAsync(run, ofType, id: null);
                if (names.Type is not { } known)
                {
                    return await NameLookup.RefuseAsync(run, $"topic of type {ofType}", names);
                }

                await NameLookup.NoteAsync(run, $"type {ofType}", $"type {known}");
                ofType = known;
                first = await run.Node.GetAsync(PathOf(ofType), run.Token);
            }

            Action<Display, TopicList> render = (display, answer) => Render(display, answer, run.Get(metrics) is not null);
            if (watch.IsOn(run.Line))
            {
                return await run.WatchAsync(watch, PathOf(ofType), render, CodeOf);
            }

            if (csv.IsOn(run))
            {
                await csv.WriteAsync(run, "counters", [.. WhatOf(ofType), ("by", run.Get(byDay) ? "day" : null)]);
            }

            TopicList shown = csv.IsOn(run) ? first.As<TopicList>() : run.Show(first, render);
            if (shown.Total == 0)
            {
                string which = $"{(ofType is null ? "" : $" of type {ofType}")}{(run.Get(search) is { } text ? $" with '{text}' in type/id" : "")}";
                await run.Error.WriteLineAsync(Cell.Flat($"dataload: page {shown.Page} has no topic{which} on {DaysOf(run.Display.Clock, shown)}: say other days by --from and --to"));
            }

            return CodeOf(shown);

            (string, object?)[] WhatOf(string? typeNow) =>
            [
                ("page", run.Get(page) ?? "act"), ("from", from), ("to", to), ("sort", run.Get(by)), ("order", run.Get(ascending) ? "asc" : null),
                ("search", run.Get(search)), ("type", typeNow), ("metrics", run.Get(metrics)),
            ];

            string PathOf(string? typeNow) =>
                NodePath.With(NodePath.Of("counters"), [.. WhatOf(typeNow), ("limit", run.Get(limit)), ("offset", run.Get(offset))]);
        }).Refuses(days.Check).Refuses(csv.Check).Refuses(result => result.GetResult(byDay) is not null && !csv.IsNamed(result)
            ? "--by-day is for CSV: say --csv --by-day." : null);
    }

    private static int CodeOf(TopicList answer) => answer.Total > 0 ? ExitCode.Done : ExitCode.Found;

    private static string DaysOf(BusinessClock clock, TopicList answer) =>
        clock.Label(answer.From == answer.To ? clock.Day(answer.From) : $"{clock.Day(answer.From)} to {clock.Day(answer.To)}");

    internal static void Render(Display display, TopicList answer, bool all)
    {
        string[] columns = answer.Items.Count == 0 ? [] : [.. answer.Items[0].Values.Entries.Select(entry => entry.Name)];
        if (!all)
        {
            columns = [.. columns.OrderByDescending(column => string.Equals(column, answer.Sort, StringComparison.Ordinal))];
        }

        Column[] before = ["topic", Column.Number("days")];
        display.Table(
            [.. before, .. columns.Select(Column.Number)],
            answer.Items.Select(topic => (Cell[])[$"{topic.Type}:{topic.Id}", Cell.Of(topic.Days), .. columns.Select(column => Form.Value(topic.Values, column))]),
            usual: all ? null : before.Length + UsualMetrics);
        if (answer.Why is { } why)
        {
            display.Line(why, Tone.Warning);
        }

        display.Remark($"{answer.Offset + answer.Items.Count} of {answer.Total} topics of page {answer.Page}, {DaysOf(display.Clock, answer)}");
    }
}

/// <summary><c>dataload topic</c>: all metrics of a topic.</summary>
internal static class TopicCommand
{
    private const int MaxDays = 1000;
    private const string Today = "today";

    private const string Details = """
        Live: from memory where the Counter is loaded, else from the table. A row a metric, a column a day, newest first; today
        without days. --from without --to shows a day ahead too, which a sender's clock can make, marked as such. Of a topic
        that is not there it says what is: a type that differs in upper and lower case alone is taken for it.

        Examples:
          dataload topic ACTIVITY:7
          dataload topic ACTIVITY 7 --day 2024-11-30
          dataload topic ACTIVITY:7 --page act --from 2024-11-01 --json
          dataload topic ACTIVITY:7 --watch
          dataload topic ACTIVITY:7 --from 2024-11-01 --csv > activity-7.csv

        Exit codes: 0 done; 1 there is no such topic, or nothing of it on these days; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> name = new("TYPE") { Description = "The topic's type, such as ACTIVITY, or the topic as TYPE:ID.", HelpName = "TYPE" };
        Argument<int?> id = new("ID") { Description = "The topic's id, such as 7, where it is not beside the type.", HelpName = "ID", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> page = Options.Page("This page alone: act or bear.");
        var days = new DayOptions("The last day; without it all from the first on.");
        var watch = new WatchOptions();
        var csv = new CsvOptions("Prints a row a page and day as CSV.");
        return context.Define("topic", "Shows all metrics of a topic, live.", Details, [name, id, page, .. days.Symbols, .. watch.Symbols, .. csv.Symbols, .. context.Tables], async run =>
        {
            TopicArgument topic = TopicOf(run.Get(name)!, run.Get(id))!;
            (DateOnly? from, DateOnly? to) = days.Read(run.Line);
            (object? First, object? Last, object? Limit) asked = from is null && to is null ? (Today, Today, null) : (from, to, from == to ? null : MaxDays);
            NodeAnswer first = await run.Node.GetAsync(PathOf(topic), run.Token);
            TopicNames.KnownTopic? known = null;
            if (IsEmpty(first.As<TopicDetails>()))
            {
                TopicNames names = await NameLookup.FindAsync(run, topic.Type, topic.Id);
                if (names.Topic is null)
                {
                    return await NameLookup.RefuseAsync(run, $"topic {topic}", names);
                }

                known = names.Topic;
                var meant = new TopicArgument(known.Type, known.Id);
                await NameLookup.NoteAsync(run, $"topic {topic}", $"topic {meant}");
                topic = meant;
                first = await run.Node.GetAsync(PathOf(topic), run.Token);
            }

            if (watch.IsOn(run.Line))
            {
                return await run.WatchAsync<TopicDetails>(watch, PathOf(topic), Render, CodeOf);
            }

            if (csv.IsOn(run))
            {
                await csv.WriteAsync(run, "topic", WhatOf(topic));
            }

            TopicDetails shown = csv.IsOn(run) ? first.As<TopicDetails>() : run.Show<TopicDetails>(first, Render);
            if (IsEmpty(shown) && known is not null)
            {
                await run.Error.WriteLineAsync(Cell.Flat($"dataload: topic {topic} has no row on these days; its first is of {Form.Day(known.First)} and its last of "
                    + $"{Form.Day(known.Last)}: --day {Form.Day(known.Last)}"));
            }

            return CodeOf(shown);

            (string, object?)[] WhatOf(TopicArgument one) =>
                [("type", one.Type), ("id", one.Id), ("page", run.Get(page)), ("from", asked.First), ("to", asked.Last), ("limit", asked.Limit)];

            string PathOf(TopicArgument one) => NodePath.With(NodePath.Of("topic"), WhatOf(one));
        }).Refuses(csv.Check).Refuses(result => days.Check(result) ?? (result.GetResult(name) is { Tokens: [{ Value: { } text }] }
            && TopicOf(text, result.GetResult(id) is { Tokens.Count: > 0 } ? 0 : null) is null
            ? $"'{text}' is no topic: expected {TopicArgument.Form} or TYPE ID, such as ACTIVITY:7 or ACTIVITY 7." : null));
    }

    /// <summary>The topic of a type and an id, or of both in one word; null where there is no id.</summary>
    private static TopicArgument? TopicOf(string name, int? id) => id is { } number ? new TopicArgument(name, number)
        : TopicArgument.TryParse(name, out TopicArgument? topic) ? topic : null;

    private static bool IsEmpty(TopicDetails topic) => topic.Pages.All(page => page.Days.Count == 0);

    private static int CodeOf(TopicDetails topic) => IsEmpty(topic) ? ExitCode.Found : ExitCode.Done;

    internal static void Render(Display display, TopicDetails topic)
    {
        display.Remark($"{topic.Type}:{topic.Id} in shard {topic.Shard}, days of {display.Clock.Zone?.Id ?? "the node's zone"}", Tone.Plain);
        foreach (TopicDetails.TopicPage page in topic.Pages)
        {
            if (page.Days.Count == 0)
            {
                display.Remark($"page {page.Page}: nothing was counted on these days");
                continue;
            }

            display.Table(
                ["page", Column.Kept("metric"), .. page.Days.Select(day => Column.Number(display.Clock.Day(day.Day)))],
                page.Days[0].Values.Entries.Select(metric =>
                    (Cell[])[page.Page, metric.Name, .. page.Days.Select(day => Form.Value(day.Values, metric.Name))]),
                noun: "days");
        }
    }
}
