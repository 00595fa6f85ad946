using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload journal</c>: entries of the journal, decoded.</summary>
internal static class JournalCommand
{
    private const string Details =
        """
        The entries of a shard (a Partition), or of a topic, whose shard is found, in their order; what explains a number event by event.
        place is Partition/SequenceNr.index, the number of a block and an entry of it. The next page begins with --after and the place that is told on standard error.

        Examples:
          dataload journal --shard 3 --limit 20
          dataload journal --topic activity:7 --stream act.buy
          dataload journal --topic activity:7 --after 1200 --users

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<int?> shard = new("--shard") { Description = "This shard, as in --shard 3.", HelpName = "N" };
        Option<TopicArgument?> topic = Completions.Topic("This topic, as in --topic activity:7.");
        Option<string?> stream = Completions.Stream("This stream's entries alone.");
        Option<string?> after = new("--after") { Description = "Entries beyond this place: a SequenceNr, or what the page before told.", HelpName = "N" };
        Option<int> limit = WholeNumber.Option("--limit", "N", "How many entries, 1 to 500.", 1, 500, 50);
        Option<bool> users = new("--users") { Description = "Shows users, sessions and keys too; needs the operator's token and is written to the audit log." };
        DetailedCommand command = context.Define("journal", "Shows entries of the journal, decoded.", Details, [shard, topic, stream, after, limit, users],
            async (result, operation, cancellationToken) =>
        {
            TopicArgument? wanted = result.GetValue(topic);
            string path = NodePath.With(
                NodePath.Of("journal"),
                ("shard", result.GetValue(shard)),
                ("type", wanted?.Type),
                ("id", wanted?.Id),
                ("stream", result.GetValue(stream)),
                ("after", result.GetValue(after)),
                ("limit", result.GetValue(limit)),
                ("users", result.GetValue(users)));
            JournalPage answer = await operation.ShowAsync<JournalPage>(path, (display, page) =>
                display.Table(CountedRow.Columns, page.Entries.Select(CountedRow.Of)), cancellationToken);
            if (answer.Next is { } next && !operation.IsJson)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync($"dataload: there is more: --after {next}");
            }

            return ExitCode.Done;
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(shard) is null == (result.GetResult(topic) is null))
            {
                result.AddError("Say --shard N or --topic TYPE:ID, one of them.");
            }
        });
        return command;
    }
}
