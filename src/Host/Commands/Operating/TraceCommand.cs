using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload trace</c>: the way of a session.</summary>
internal static class TraceCommand
{
    private const string Details = """
        All events of a session (their sessionStr) over all streams, topics and days, in the order of their time: what led there
        (parent, channel, code), who it was, and what the event added to its row by itself; of distinct people or brands 1 where
        it has one, first or not. Reaches back as far as the journal. Shows users, so that it needs the analyst's token or the
        operator's and is written to the audit log. The next page begins with --after and the place told on standard error.

        Examples:
          dataload trace 7f3a90c2e15b4d68
          dataload trace 7f3a90c2e15b4d68 --limit 500 --json
          dataload trace 7f3a90c2e15b4d68 --csv > session.csv

        Exit codes: 0 done; 1 events may lack, and it says why; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string> session = new("SESSION") { Description = "The session.", HelpName = "SESSION" };
        Option<string?> after = new("--after") { Description = "Events beyond this place: what the page before told.", HelpName = "PLACE" };
        Option<int> limit = Options.Number("--limit", "N", "How many events, 1 to 500.", 1, 500, 50);
        var csv = new CsvOptions("Prints all of them as CSV.");
        return context.Define("trace", "Shows the way of a session.", Details, [session, after, limit, .. csv.Symbols, .. context.Tables], async run =>
        {
            if (csv.IsOn(run))
            {
                await csv.WriteAsync(run, "trace", ("session", run.Get(session)));
                return ExitCode.Done;
            }

            SessionTimeline answer = await run.ShowAsync<SessionTimeline>(NodePath.With(NodePath.Of("trace"), ("session", run.Get(session)),
                ("after", run.Get(after)), ("limit", run.Get(limit))), Render);
            if (answer.Next is { } next && !run.IsJson)
            {
                await run.Error.WriteLineAsync($"dataload: there is more: --after {next}");
            }

            return answer.Complete ? ExitCode.Done : ExitCode.Found;
        }).Refuses(csv.Check);
    }

    private static void Render(Display display, SessionTimeline found)
    {
        display.Table(
            [display.Clock.Label("time"), "stream", "topic", "parent", new Column("channel", Rank: 1), new Column("code", Rank: 1), new Column("user", Rank: 2),
                new Column("identity", Rank: 3), "added", new Column("place", Rank: 4)],
            found.Items.Select(item => new Cell[]
            {
                new(display.Clock.Time(item.Event.Time), Tone.Faint), new(item.Event.Stream, Tone.Good), $"{item.Event.Type}:{item.Event.Id}",
                item.Event.ParentType is { } parent ? $"{parent}:{item.Event.ParentId}" : item.Event.ParentId is { } id ? $":{id}" : "",
                item.Event.ChannelType ?? "", item.Event.QrCode ?? "", item.Event.UserId?.ToString() ?? "",
                item.Event.BusinessKey is { } key ? $"{item.Event.Identity} {key}" : item.Event.Identity, Form.Facts(item.Added),
                new($"{item.Event.Shard}/{item.Event.SequenceNr}.{item.Event.Index}", Tone.Faint),
            }));
        display.Line($"{found.Session}: {found.Events} events.", found.Events > 0 ? Tone.Good : Tone.Plain);
        if (found.Trimmed > 0)
        {
            display.Line($"The journals of {found.Trimmed} Partitions were trimmed: what came before is kept nowhere.", Tone.Faint);
        }

        if (found.Why is { } why)
        {
            display.Line(why, Tone.Warning);
        }
    }
}
