using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload backfill</c>: how the past of metrics and breakdowns that are new is coming on, and having that stop and go on.</summary>
internal static class BackfillCommand
{
    private const string Details = """
        A metric or a breakdown that was not counted before is computed from the journal for all its days, while counting goes on; its
        column or table has its name when all Partitions (shards) are done. Shows what is not complete, and what lacks events for good
        since the journal was trimmed before; of each Partition at work how often it read its journal, how far it is this time and for
        how many Counters it is done.

        Examples:
          dataload backfill
          dataload backfill --watch
          dataload backfill stop
          dataload backfill --all --json | jq -r '.items[] | [.name, .complete, .since] | @tsv'

        Exit codes: 0 all is complete, or coming on; 1 something fails; 2 the node could not be asked.
        """;

    private const string StopDetails = """
        Counting goes on, and what is computed stays computed; restarts change nothing. Meanwhile no journal of a Partition that has
        something to compute is trimmed. Written to the audit log.

        Example:
          dataload backfill stop

        Exit codes: 0 done; 2 it could not be done.
        """;

    private const string ResumeDetails = """
        Takes a stop back: the Partitions go on within a second (statistics.backfill-check-interval). Written to the audit log.

        Example:
          dataload backfill resume

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        var watch = new WatchOptions();
        Option<bool> all = new("--all") { Description = "Shows what is complete, too: all metrics and breakdowns that are counted." };
        DetailedCommand command = context.Define("backfill", "Shows how the past of new metrics and breakdowns is coming on.", Details, [all, .. watch.Symbols, .. context.Tables],
            run => run.WatchAsync<BackfillReport>(
                watch, NodePath.With(NodePath.Of("backfill"), ("all", run.Get(all))), Render,
                answer => answer.Partitions.Any(partition => partition.Error is not null) ? ExitCode.Found : ExitCode.Done));
        command.Add(CreateChange(context, "stop", "Stops computing the past until it is resumed.", StopDetails));
        command.Add(CreateChange(context, "resume", "Goes on computing the past.", ResumeDetails));
        return command;
    }

    private static DetailedCommand CreateChange(OperatingContext context, string name, string summary, string details) =>
        context.Define(name, summary, details, [], run => run.DoAsync<BackfillReport>(HttpMethod.Post, NodePath.Of("backfill", name), body: null, (display, report) =>
            display.Line(
                report.StoppedAt is null ? $"The past is computed where something is missing: {Missing(report)}."
                    : $"No past is computed until 'dataload backfill resume'; not complete: {Missing(report)}.",
                report.StoppedAt is null ? Tone.Good : Tone.Warning)));

    private static string Missing(BackfillReport report) =>
        string.Join(", ", report.Items.Where(item => !item.Complete).Select(item => item.Name)) is { Length: > 0 } names ? names : "nothing";

    private static void Render(Display display, BackfillReport report)
    {
        if (report.StoppedAt is { } stopped)
        {
            display.Line($"stopped on request since {display.Clock.Time(stopped)}; 'dataload backfill resume' goes on", Tone.Warning);
        }

        if (report.Items.All(item => item.Complete))
        {
            display.Line("The past of all metrics and breakdowns is complete.", Tone.Good);
        }

        if (report.Items.Count > 0)
        {
            display.Table(
                ["name", "what", "state", Column.Number("shards"), "counted since", "lacks what was journaled before"],
                report.Items.Select(item => new Cell[]
                {
                    item.Name, item.Kind, new(item.Complete ? "complete" : "incomplete", item.Complete ? Tone.Good : Tone.Warning),
                    new(item.Complete ? "" : $"{item.ShardsDone} of {report.Shards}", IsNumber: true), item.Since is { } since ? display.Clock.Time(since) : "",
                    new(item.LacksBefore is { } before ? display.Clock.Time(before) : "", Tone.Warning),
                }));
        }

        if (report.Partitions.Count > 0)
        {
            display.Table(
                ["shard", "node", "state", Column.Number("pass"), Column.Number("blocks read"), Column.Number("of"), Column.Number("counters done")],
                report.Partitions.Select(one => new Cell[]
                {
                    $"{one.Shard}", one.Node, new(one.State, one.State is "computing" ? Tone.Good : one.State is "stopped" ? Tone.Warning : Tone.Bad),
                    Number(one.Pass), Number(one.Read), Number(one.Through), Number(one.Counters),
                }));
        }

        foreach (string error in report.Partitions.Select(one => one.Error).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            display.Line(error, Tone.Bad);
        }

        foreach ((string node, string why) in report.Away ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            display.Line($"Node {node} says nothing of its Partitions: {why}", Tone.Warning);
        }
    }

    private static Cell Number(long? value) => new(value is { } known ? $"{known}" : "", IsNumber: true);
}
