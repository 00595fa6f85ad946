using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload counters top</c>: the topics with the largest values.</summary>
internal static class CountersCommand
{
    private const int UsualMetrics = 6;

    private const string Details = """
        From the statistics table, as of the last flush. Over several days counts and amounts are added up; distinct people do
        not add up and are left blank, 'dataload distinct' unites them. Without --metrics a table shows the metric it is
        sorted by and the page's first ones; --json has them all.

        Examples:
          dataload counters top
          dataload counters top --by pay_amount --limit 10
          dataload counters top --page bear --from 2024-11-01 --to 2024-11-30
          dataload counters top --search mall --metrics visit_cnt,visit_user_cnt

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand("counters", "Shows what was counted.",
        "Example:\n  dataload counters top --by pay_amount\n\nExit codes: 0 done; 2 the node could not be asked.") { CreateTop(context) };

    private static Command CreateTop(OperatingContext context)
    {
        Option<string?> page = Options.Page("The page: act or bear; act without it.");
        Option<string?> by = Options.Metric("--by", "METRIC", "The metric to sort by, or topic; without it, the page's first.");
        Option<bool> ascending = new("--ascending") { Description = "The smallest first." };
        Option<string?> search = Options.Text("--search", "TEXT", "Topics alone with this text in type/id.");
        Option<string?> type = Options.Text("--type", "TYPE", "Topics of this type alone.");
        Option<string?> metrics = Options.Metric("--metrics", "METRIC,…", "The metrics to show, separated by commas.");
        Option<int> limit = Options.Number("--limit", "N", "How many topics, 1 to 500.", 1, 500, 20);
        Option<int> offset = Options.Number("--offset", "N", "How many to pass over, 0 to 1000000.", 0, 1_000_000, 0);
        var days = new DayOptions();
        var watch = new WatchOptions();
        return context.Define("top", "Shows the topics of a page with the largest values.", Details,
            [page, by, ascending, search, type, metrics, limit, offset, .. days.Symbols, .. watch.Symbols], run =>
        {
            (DateOnly? from, DateOnly? to) = days.Read(run.Line);
            string path = NodePath.With(NodePath.Of("counters"), ("page", run.Get(page) ?? "act"), ("from", from), ("to", to),
                ("sort", run.Get(by)), ("order", run.Get(ascending) ? "asc" : null), ("search", run.Get(search)),
                ("type", run.Get(type)), ("metrics", run.Get(metrics)), ("limit", run.Get(limit)), ("offset", run.Get(offset)));
            return run.WatchAsync<TopicList>(watch, path, (display, answer) => Render(display, answer, run.Get(metrics) is not null), _ => ExitCode.Done);
        }).Refuses(days.Check);
    }

    private static void Render(Display display, TopicList answer, bool all)
    {
        string[] columns = answer.Items.Count == 0 ? [] : [.. answer.Items[0].Values.Entries.Select(entry => entry.Name)];
        if (!all)
        {
            columns = [.. columns.Where(column => string.Equals(column, answer.Sort, StringComparison.Ordinal)).Concat(columns)
                .Distinct(StringComparer.Ordinal).Take(UsualMetrics)];
        }

        display.Table(["topic", Column.Number("days"), .. columns.Select(Column.Number)], answer.Items.Select(topic =>
            (Cell[])[$"{topic.Type}:{topic.Id}", Cell.Of(topic.Days), .. columns.Select(column => Form.Value(topic.Values, column))]));
        string days = answer.From == answer.To ? Form.Day(answer.From) : $"{Form.Day(answer.From)} to {Form.Day(answer.To)}";
        display.Remark($"{answer.Offset + answer.Items.Count} of {answer.Total} topics of page {answer.Page}, {days}");
    }
}

/// <summary><c>dataload topic</c>: all metrics of a topic.</summary>
internal static class TopicCommand
{
    private const int TerminalDays = 7;

    private const string Details = """
        Live: from memory where the Counter is loaded, else from the table. A row a metric, a column a day, newest first.

        Examples:
          dataload topic activity 7
          dataload topic activity 7 --day 2024-11-30
          dataload topic activity 7 --page act --from 2024-11-01 --json
          dataload topic activity 7 --watch

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> type = new("TYPE") { Description = "The topic's type, such as activity.", HelpName = "TYPE" };
        Argument<int> id = new("ID") { Description = "The topic's id, such as 7.", HelpName = "ID" };
        Option<string?> page = Options.Page("This page alone: act or bear.");
        var days = new DayOptions();
        var watch = new WatchOptions();
        return context.Define("topic", "Shows all metrics of a topic, live.", Details, [type, id, page, .. days.Symbols, .. watch.Symbols], run =>
        {
            (DateOnly? from, DateOnly? to) = days.Read(run.Line);
            string path = NodePath.With(
                NodePath.Of("topic"), ("type", run.Get(type)), ("id", run.Get(id)), ("page", run.Get(page)), ("from", from), ("to", to));
            return run.WatchAsync<TopicDetails>(watch, path, Render, _ => ExitCode.Done);
        }).Refuses(days.Check);
    }

    private static void Render(Display display, TopicDetails topic)
    {
        display.Remark($"{topic.Type}:{topic.Id} in shard {topic.Shard}", Tone.Plain);
        foreach (TopicDetails.TopicPage page in topic.Pages)
        {
            // A terminal has no room for more; a pipe has.
            TopicDetails.TopicDay[] days = [.. page.Days.Take(display.IsTerminal ? TerminalDays : int.MaxValue)];
            if (days.Length == 0)
            {
                display.Remark($"page {page.Page}: nothing was counted on these days");
                continue;
            }

            display.Table(
                ["page", "metric", .. days.Select(day => Column.Number(Form.Day(day.Day)))],
                days[0].Values.Entries.Select(metric => (Cell[])[page.Page, metric.Name, .. days.Select(day => Form.Value(day.Values, metric.Name))]));
        }
    }
}
