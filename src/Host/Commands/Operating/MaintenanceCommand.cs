using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload flush</c> and <c>dataload checkpoint</c>: what is done from time to time, now.</summary>
internal static class MaintenanceCommand
{
    private const string FlushDetails = """
        Returns when it is done; before that, whoever reads the tables may see rows about a second old. Written to the audit log.

        Example:
          dataload flush && psql -c 'SELECT … FROM data_load_act_date …'

        Exit codes: 0 done; 2 it could not be done.
        """;

    private const string CheckpointDetails = """
        Flushes, and snapshots all Partitions: a start after it replays nothing. Worth doing before a planned stop of the
        machine. Written to the audit log.

        Example:
          dataload checkpoint

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command CreateFlush(OperatingContext context) =>
        Create(context, "flush", "Writes all changed rows to the statistics tables now.", FlushDetails);

    public static Command CreateCheckpoint(OperatingContext context) =>
        Create(context, "checkpoint", "Flushes and snapshots all Partitions now.", CheckpointDetails);

    private static Command Create(OperatingContext context, string name, string summary, string details) =>
        context.Define(name, summary, details, [], run => run.DoAsync<OperationResult>(HttpMethod.Post, NodePath.Of(name), body: null, (display, done) =>
            display.Line($"Done in {done.ElapsedMs} ms.", Tone.Good)));
}

/// <summary><c>dataload settings</c>: the node's effective settings.</summary>
internal static class SettingsCommand
{
    private const string Details = """
        As the node has them: from the defaults, its files, its environment. Of Akka's settings those that differ from Akka's
        own defaults. Secrets are masked, and (none) where they are not set.

        Examples:
          dataload settings
          dataload settings intake
          dataload settings akka.persistence
          dataload settings --json | jq -r '.settings[] | select(.origin | startswith("reference.conf") | not) | .path'

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string?> search = Options.MayBe("TEXT", "Settings alone with this text in their path.");
        Symbol[] symbols = [search, context.OtherNode, .. context.Tables];
        return context.Define("settings", "Shows the node's settings and where each comes from.", Details, symbols, run => run.ShowAsync<SettingList>(
            NodePath.With(run.OfNode("settings"), ("search", run.Get(search))), (display, answer) => display.Table(["setting", "value", "from"],
                answer.Settings.Select(setting => new Cell[] { setting.Path, setting.Value, new(setting.Origin, Tone.Faint) }))));
    }
}

/// <summary><c>dataload log-level</c>: what the node logs.</summary>
internal static class LogLevelCommand
{
    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "none"];

    /// <summary>Categories that one may mean.</summary>
    public static string[] Categories =>
        ["DataLoad", "DataLoad.Engine", "DataLoad.Engine.Intake", "DataLoad.Engine.Resolving", "DataLoad.Engine.Partitions", "Microsoft.AspNetCore"];

    private const string Details = """
        Without a level it shows the levels; with one it sets it until the node ends, and is written to the audit log.

        Examples:
          dataload log-level
          dataload log-level debug --category DataLoad.Engine.Intake
          dataload log-level --reset --category DataLoad.Engine.Intake

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string?> level = Options.MayBe("LEVEL", $"The level: {string.Join(", ", Levels)}.");
        level.AcceptOnlyFromAmong(Levels);
        Option<string?> category = Options.Text("--category", "NAME", "This category and all below it; the default level without it.", Categories);
        Option<bool> reset = new("--reset") { Description = "Takes the level back to what it was at the start." };
        return context.Define("log-level", "Shows or sets what the node logs.", Details, [level, category, reset, context.OtherNode], run =>
        {
            string? to = run.Get(level);
            string path = run.OfNode("log-levels");
            return to is null && !run.Get(reset) ? run.ShowAsync<LogLevelList>(path, Render)
                : run.DoAsync<LogLevelList>(HttpMethod.Put, path, new { category = run.Get(category), level = to }, Render);
        }).Refuses(result => result.GetResult(level) is { Tokens.Count: > 0 } && result.GetValue(reset) ? "Say a level or --reset, not both." : null);
    }

    private static void Render(Display display, LogLevelList levels) => display.Table(
        ["category", "level"],
        levels.Categories.OrderBy(category => category.Key, StringComparer.Ordinal).Select(category => new Cell[] { category.Key, category.Value })
            .Prepend(["(default)", levels.Default]));
}

/// <summary><c>dataload audit</c>: what operators did.</summary>
internal static class AuditCommand
{
    private const string Details = """
        Newest first: whatever was changed through this interface, by whom, and with what outcome. Needs the operator's token.

        Examples:
          dataload audit
          dataload audit --action dead.requeue --limit 10
          dataload audit --before 1200

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> action = Options.Text("--action", "ACTION", "This action alone, such as stream.pause.", "stream.pause", "stream.resume", "flush",
            "checkpoint", "dead.requeue", "dead.edit", "dead.purge", "log-level", "relay", "cluster.leave", "cluster.down",
            "cluster.down-unreachable", "cluster.join", "backfill.stop", "backfill.resume");
        Option<long?> before = new("--before") { Description = "Entries before this id: the next page.", HelpName = "ID" };
        Option<int> limit = Options.Number("--limit", "N", "How many entries, 1 to 500.", 1, 500, 50);
        return context.Define("audit", "Shows what operators did, newest first.", Details, [action, before, limit, .. context.Tables], run => run.ShowAsync<AuditPage>(
            NodePath.With(NodePath.Of("audit"), ("action", run.Get(action)), ("before", run.Get(before)), ("limit", run.Get(limit))), Render));
    }

    private static void Render(Display display, AuditPage answer) => display.Table(
        ["id", display.Clock.Label("time"), "action", "target", "detail", "outcome", "actor", "node"],
        answer.Entries.Select(entry => new Cell[]
        {
            Cell.Of(entry.Id) with { IsNumber = false }, display.Clock.Time(entry.At), entry.Action, entry.Target ?? "", entry.Detail ?? "",
            new(entry.Outcome, entry.Outcome is "done" ? Tone.Good : entry.Outcome is "begun" ? Tone.Warning : Tone.Bad), entry.Actor, entry.Node,
        }));
}
