using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload topic</c>: all metrics of a topic.</summary>
internal static class TopicCommand
{
    private const int TerminalDays = 7;

    private const string Details =
        """
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
        Option<string?> page = Completions.Page("This page alone: act or bear.");
        var days = new DayOption();
        var watch = new WatchOptions();
        DetailedCommand command = context.Define("topic", "Shows all metrics of a topic, live.", Details,
            [type, id, page, .. days.Symbols, .. watch.Symbols], (result, operation, cancellationToken) =>
        {
            (DateOnly? from, DateOnly? to) = days.Read(result);
            string path = NodePath.With(NodePath.Of("topic"), ("type", result.GetValue(type)), ("id", result.GetValue(id)), ("page", result.GetValue(page)),
                ("from", from), ("to", to));
            return operation.WatchAsync<TopicDetails>(watch, result, path, Render, _ => ExitCode.Done, cancellationToken);
        });
        command.Validators.Add(days.Check);
        return command;
    }

    private static void Render(Display display, TopicDetails topic)
    {
        if (display.IsTerminal)
        {
            display.Line($"{topic.Type}:{topic.Id} in shard {topic.Shard}");
        }

        foreach (TopicDetails.TopicPage page in topic.Pages)
        {
            // A terminal has no room for more; a pipe has.
            TopicDetails.TopicDay[] days = [.. page.Days.Take(display.IsTerminal ? TerminalDays : int.MaxValue)];
            if (days.Length == 0)
            {
                if (display.IsTerminal)
                {
                    display.Line($"page {page.Page}: nothing was counted on these days", Tone.Faint);
                }

                continue;
            }

            display.Table(
                ["page", "metric", .. days.Select(day => Column.Number(Form.Day(day.Day)))],
                days[0].Values.Entries.Select(metric => (Cell[])[page.Page, metric.Name, .. days.Select(day => Form.Value(day.Values, metric.Name))]));
        }
    }
}
