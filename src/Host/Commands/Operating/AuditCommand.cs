using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload audit</c>: what operators did.</summary>
internal static class AuditCommand
{
    private const string Details =
        """
        Newest first: whatever was changed through this interface, by whom, and with what outcome. Needs the operator's token.

        Examples:
          dataload audit
          dataload audit --action dead.requeue --limit 10
          dataload audit --before 1200

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> action = Completions.Text("--action", "ACTION", "This action alone, such as stream.pause.", "stream.pause", "stream.resume", "flush",
            "checkpoint", "dead.requeue", "dead.edit", "dead.purge", "log-level");
        Option<long?> before = new("--before") { Description = "Entries before this id: the next page.", HelpName = "ID" };
        Option<int> limit = WholeNumber.Option("--limit", "N", "How many entries, 1 to 500.", 1, 500, 50);
        return context.Define("audit", "Shows what operators did, newest first.", Details, [action, before, limit],
            async (result, operation, cancellationToken) =>
        {
            await operation.ShowAsync<AuditPage>(
                NodePath.With(NodePath.Of("audit"), ("action", result.GetValue(action)), ("before", result.GetValue(before)),
                    ("limit", result.GetValue(limit))),
                Render,
                cancellationToken);
            return ExitCode.Done;
        });
    }

    private static void Render(Display display, AuditPage answer) => display.Table(
        ["id", "time", "action", "target", "detail", "outcome", "actor", "node"],
        answer.Entries.Select(entry => new Cell[]
        {
            Cell.Of(entry.Id) with { IsNumber = false },
            Form.Time(entry.At),
            entry.Action,
            entry.Target ?? "",
            entry.Detail ?? "",
            new(entry.Outcome, entry.Outcome is "done" ? Tone.Good : entry.Outcome is "begun" ? Tone.Warning : Tone.Bad),
            entry.Actor,
            entry.Node,
        }));
}
