using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload journal</c>: entries of the journal, decoded.</summary>
internal static class JournalCommand
{
    private const string Details = """
        The entries of a shard (a Partition), or of a topic, whose shard is found, in their order; what explains a number event by event.
        place is Partition/SequenceNr.index, the number of a block and an entry of it. The next page begins with --after and the
        place that is told on standard error.

        Examples:
          dataload journal --shard 3 --limit 20
          dataload journal --topic ACTIVITY:7 --stream act.buy
          dataload journal --topic ACTIVITY:7 --after 1200 --users

        Exit codes: 0 done; 1 there is no such topic; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<int?> shard = new("--shard") { Description = "This shard, as in --shard 3.", HelpName = "N" };
        Option<TopicArgument?> topic = Options.Topic("--topic", "This topic, as in --topic ACTIVITY:7.");
        Option<string?> stream = Options.Stream("This stream's entries alone.");
        Option<string?> after = new("--after") { Description = "Entries beyond this place: a SequenceNr, or what the page before told.", HelpName = "N" };
        Option<int> limit = Options.Number("--limit", "N", "How many entries, 1 to 500.", 1, 500, 50);
        Option<bool> users = new("--users") { Description = "Shows users, sessions and keys too; needs the operator's token and is written to the audit log." };
        return context.Define("journal", "Shows entries of the journal, decoded.", Details, [shard, topic, stream, after, limit, users, .. context.Tables], async run =>
        {
            TopicArgument? wanted = run.Get(topic);
            string path = NodePath.With(NodePath.Of("journal"), ("shard", run.Get(shard)), ("type", wanted?.Type), ("id", wanted?.Id),
                ("stream", run.Get(stream)), ("after", run.Get(after)), ("limit", run.Get(limit)), ("users", run.Get(users)));
            JournalPage answer = await run.ShowAsync<JournalPage>(path, (display, page) =>
                display.Table(CountedRow.ColumnsOf(display), page.Entries.Select(entry => CountedRow.Of(display, entry))));
            if (answer.Next is { } next && !run.IsJson)
            {
                await run.Error.WriteLineAsync($"dataload: there is more: --after {next}");
            }

            return answer.Entries.Count == 0 && answer.Next is null ? await NameLookup.CheckAsync(run, wanted) : ExitCode.Done;
        }).Refuses(result => result.GetResult(shard) is null == (result.GetResult(topic) is null) ? "Say --shard N or --topic TYPE:ID, one of them." : null);
    }
}

/// <summary><c>dataload tail</c>: events as they are counted.</summary>
internal static class TailCommand
{
    private const string Details = """
        Events of all nodes, one a line: time, stream, topic, day, shard/SequenceNr.index, identity, facts. What comes faster
        than --rate is not shown, and how many those were is said; so is a node that cannot be heard, while the others go on.
        Users and sessions are shown with --users alone, which needs the operator's token and is written to the audit log.
        Ctrl-C ends it.

        Examples:
          dataload tail
          dataload tail --stream act.buy --rate 10
          dataload tail --topic ACTIVITY:7 --json
          dataload tail --count 1 --users

        Exit codes: 0 done; 2 the node could not be asked, or is gone.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> stream = Options.Stream("This stream alone.");
        Option<TopicArgument?> topic = Options.Topic("--topic", "This topic alone, as in --topic ACTIVITY:7.");
        Option<int> rate = Options.Number("--rate", "N", "How many events a second at the most, 1 to 1000.", 1, 1000, 50);
        Option<bool> users = new("--users") { Description = "Shows users and sessions too." };
        Option<int> count = Options.Number("--count", "N", "Ends after so many events; 0 never.", 0, 1_000_000_000, 0);
        return context.Define("tail", "Shows events as they are counted.", Details, [stream, topic, rate, users, count], async run =>
        {
            TopicArgument? wanted = run.Get(topic);
            string path = NodePath.With(NodePath.Of("tail"), ("stream", run.Get(stream)), ("type", wanted?.Type), ("id", wanted?.Id),
                ("rate", run.Get(rate)), ("users", run.Get(users)));
            return await run.TailAsync(path, "counted", run.Get(count), (display, answer) => display.Row(CountedRow.Of(display, answer.As<CountedEvent>())), dropped =>
                $"… {dropped} more were not shown");
        });
    }
}

/// <summary>An event as a row.</summary>
internal static class CountedRow
{
    public static IReadOnlyList<Column> ColumnsOf(Display display) =>
        [display.Clock.Label("time"), "stream", "topic", "day", "place", "identity", "facts", "user"];

    public static Cell[] Of(Display display, CountedEvent one) =>
    [
        new(display.Clock.Time(one.Time), Tone.Faint), new(one.Stream, Tone.Good), $"{one.Type}:{one.Id}", Form.Day(one.Day),
        new($"{one.Shard}/{one.SequenceNr}.{one.Index}", Tone.Faint), new(one.Identity ?? "", one.Identity is "none" ? Tone.Warning : Tone.Faint),
        Form.Facts(one.Facts), Who(one),
    ];

    private static string Who(CountedEvent one) => string.Join(' ', new[]
    {
        one.UserId is { } user ? $"user={user}" : null,
        one.Session is { } session ? $"session={session}" : null,
        one.BusinessKey is { } key ? $"key={key}" : null,
    }.OfType<string>());
}
