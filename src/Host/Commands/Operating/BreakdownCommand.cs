using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload breakdown</c>: what led to a topic, and what a carrier page, channel or code led to.</summary>
internal static class BreakdownCommand
{
    private const string Details = """
        What of a page's rows came by which carrier page (parent), channel or code: a row a topic, day and value, exact in counts,
        money and distinct people. Of a topic it shows what led to it; of a value, what that led to over all topics. What is
        broken down is a setting (dataload.pages). Values of 0 are left out.

        Examples:
          dataload breakdown act --topic ACTIVITY:7
          dataload breakdown act --topic ACTIVITY:7 --by channel --from 2026-11-01 --to 2026-11-30
          dataload breakdown act --value BEAR:3 --day 2026-11-25
          dataload breakdown act --topic ACTIVITY:7 --csv > parents.csv

        Exit codes: 0 done; 1 there is no such topic, or a part of its rows has no parts, and it says which; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> page = Options.PageArgument();
        Option<TopicArgument?> topic = Options.Topic("--topic", "The topic whose rows are broken down, as in --topic ACTIVITY:7.");
        string[] names = [.. Enum.GetValues<Breakdown>().Select(breakdown => breakdown.Name())];
        Option<string?> by = Options.Text("--by", "BREAKDOWN", $"By what: {string.Join(", ", names)}; parent without it.");
        by.AcceptOnlyFromAmong(names);
        Option<string?> value = Options.Text("--value", "VALUE", "Of this value alone: TYPE:ID of a parent, or a channel or code.");
        var days = new DayOptions();
        Option<int> limit = Options.Number("--limit", "N", "How many rows, 1 to 500.", 1, 500, 50);
        Option<int> offset = Options.Number("--offset", "N", "How many rows are passed over.", 0, 1_000_000, 0);
        var csv = new CsvOptions("Prints all of them as CSV.");
        return context.Define(
            "breakdown", "Shows what led to what.", Details, [page, topic, by, value, .. days.Symbols, limit, offset, .. csv.Symbols, .. context.Tables], async run =>
            {
                (DateOnly? from, DateOnly? to) = days.Read(run.Line);
                (string, object?)[] question =
                [
                    ("page", run.Get(page)), ("type", run.Get(topic)?.Type), ("id", run.Get(topic)?.Id), ("by", run.Get(by)), ("value", run.Get(value)),
                    ("from", from), ("to", to),
                ];
                if (csv.IsOn(run))
                {
                    await csv.WriteAsync(run, "breakdown", question);
                    return ExitCode.Done;
                }

                BreakdownList answer = await run.ShowAsync<BreakdownList>(
                    NodePath.With(NodePath.Of("breakdown"), [.. question, ("limit", run.Get(limit)), ("offset", run.Get(offset))]), Render);
                if (answer.Next is { } next && !run.IsJson)
                {
                    await run.Error.WriteLineAsync($"dataload: there is more: --offset {next}");
                }

                return answer.Why is not null ? ExitCode.Found
                    : answer.Rows.Count == 0 ? await NameLookup.CheckAsync(run, run.Get(topic)) : ExitCode.Done;
            }).Refuses(days.Check).Refuses(csv.Check);
    }

    private static void Render(Display display, BreakdownList found)
    {
        display.Table(
            ["topic", "day", found.By, "values"],
            found.Rows.Select(row => new Cell[]
            {
                $"{row.Type}:{row.Id}", Form.Day(row.Day), ValueOf(row),
                string.Join(' ', row.Values.Entries.Where(entry => entry.Value is { Value: not 0 }).Select(entry => $"{entry.Name}={entry.Value?.Text}")),
            }));
        if (found.Why is { } why)
        {
            display.Line(why, Tone.Warning);
        }
    }

    private static string ValueOf(BreakdownList.PartRow row) => row.ValueId is not { } id ? row.Value : row.Value.Length == 0 && id == 0 ? "" : $"{row.Value}:{id}";
}
