using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload explain</c>: a number down to its events.</summary>
internal static class ExplainCommand
{
    private const string Details = """
        The events that made a cell, in the journal's order: of a sum each and what it added, of distinct people or brands the
        one that first brought each of them; value is what the cell was after it. Beside their sum stands what the table
        holds; where the two cannot be the same, as of days from before the journal begins, it says why. --by explains the
        part that one carrier page, channel or code has. Shows users and sessions, so that it needs the analyst's token or the
        operator's and is written to the audit log. The next page begins with --after and the place told on standard error.

        Examples:
          dataload explain act ACTIVITY:7 2026-11-25 pay_amount
          dataload explain act ACTIVITY:7 2026-11-25 visit_user_cnt --limit 500
          dataload explain bear BEAR:3 2026-11-25 visit_cnt --by parent=ACTIVITY:7
          dataload explain act ACTIVITY:7 2026-11-25 pay_amount --by channel= --json

        Exit codes: 0 the events add up to the cell; 1 they do not, and it says why, or there is no such topic; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> page = Options.PageArgument();
        Argument<TopicArgument?> topic = Options.TopicArgumentOf("The topic, such as ACTIVITY:7.");
        Argument<DateOnly?> day = Options.DayArgument("The day, such as 2026-11-25.");
        Argument<string> column = Options.ColumnArgument("COLUMN", "The column of the page's table.");
        Option<string?> by = Options.Breakdown("--by", "The part of one value alone: parent=TYPE:ID, channel=TEXT or qr-code=TEXT; empty where events have none.");
        Option<string?> after = new("--after") { Description = "Events beyond this place: what the page before told.", HelpName = "PLACE" };
        Option<int> limit = Options.Number("--limit", "N", "How many events, 1 to 500.", 1, 500, 50);
        return context.Define("explain", "Shows the events that made a number.", Details, [page, topic, day, column, by, after, limit, .. context.Tables], async run =>
        {
            TopicArgument? wanted = run.Get(topic);
            string path = NodePath.With(NodePath.Of("explain"), ("page", run.Get(page)), ("type", wanted?.Type), ("id", wanted?.Id), ("day", run.Get(day)),
                ("column", run.Get(column)), ("by", run.Get(by)), ("after", run.Get(after)), ("limit", run.Get(limit)));
            CellDetails answer = await run.ShowAsync<CellDetails>(path, Render);
            if (answer.Next is { } next && !run.IsJson)
            {
                await run.Error.WriteLineAsync($"dataload: there is more: --after {next}");
            }

            return !answer.Complete ? ExitCode.Found : answer.Events == 0 ? await NameLookup.CheckAsync(run, wanted) : ExitCode.Done;
        });
    }

    private static void Render(Display display, CellDetails cell)
    {
        display.Table(
            ["place", display.Clock.Label("time"), "stream", Column.Number("added"), Column.Number("value"), "user", "session", "parent", "channel", "code", "key", "facts"],
            cell.Items.Select(item => new Cell[]
            {
                new($"{item.Event.Shard}/{item.Event.SequenceNr}.{item.Event.Index}", Tone.Faint), new(display.Clock.Time(item.Event.Time), Tone.Faint),
                new(item.Event.Stream, Tone.Good), Form.Value(item.Added), Form.Value(item.Value), item.Event.UserId?.ToString() ?? "",
                item.Event.Session ?? "",
                item.Event.ParentType is { } parent ? $"{parent}:{item.Event.ParentId}" : item.Event.ParentId is { } id ? $":{id}" : "",
                item.Event.ChannelType ?? "", item.Event.QrCode ?? "", item.Event.BusinessKey?.ToString() ?? item.Event.Identity, Form.Facts(item.Event.Facts),
            }));
        string part = cell.By is { } by ? $", {by}" : "";
        string table = cell.Table is { } held ? $"; the table holds {held.Text}" : "";
        string baseline = cell.Baseline.Value == 0 || cell.By is not null ? "" : $" and {cell.Baseline.Text} from before the journal begins";
        display.Line($"{cell.Page} {cell.Type}:{cell.Id} {Form.Day(cell.Day)} {cell.Column}{part}: {cell.Events} events added {cell.Added.Text}{baseline}{table}.",
            cell.Complete ? Tone.Good : Tone.Warning);
        if (cell.Why is { } why)
        {
            display.Line(why, Tone.Warning);
        }
    }
}
