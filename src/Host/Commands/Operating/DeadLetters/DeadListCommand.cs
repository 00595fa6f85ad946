using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead list</c>: dead letters in groups, or one by one.</summary>
internal static class DeadListCommand
{
    private const string Details =
        """
        Grouped by stream and reason, with counts and ages; one by one, the oldest first, with --messages.

        Examples:
          dataload dead list
          dataload dead list --messages --stream act.buy --reason no-row
          dataload dead list --messages --json | jq -r '.items[].id'

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Option<string?> stream = Completions.Stream("With --messages: this stream's alone.");
        Option<string?> reason = DeadSelection.Reason("With --messages: those of this reason alone.");
        Option<bool> messages = new("--messages", "-m") { Description = "One by one." };
        Option<int> limit = WholeNumber.Option("--limit", "N", "With --messages: how many, 1 to 500.", 1, 500, 50);
        Option<int> offset = WholeNumber.Option("--offset", "N", "With --messages: how many to pass over, 0 to 1000000.", 0, 1_000_000, 0);
        return context.Define("list", "Lists dead letters by stream and reason.", Details, [stream, reason, messages, limit, offset],
            async (result, operation, cancellationToken) =>
        {
            if (result.GetValue(messages) || result.GetValue(stream) is not null || result.GetValue(reason) is not null)
            {
                string path = NodePath.With(
                    NodePath.Of("dead-letters", "messages"),
                    ("stream", result.GetValue(stream)),
                    ("reason", result.GetValue(reason)),
                    ("limit", result.GetValue(limit)),
                    ("offset", result.GetValue(offset)));
                await operation.ShowAsync<DeadLetterList>(path, RenderMessages, cancellationToken);
            }
            else
            {
                await operation.ShowAsync<DeadLetterGroups>(NodePath.Of("dead-letters"), RenderGroups, cancellationToken);
            }

            return ExitCode.Done;
        });
    }

    private static void RenderGroups(Display display, DeadLetterGroups answer)
    {
        display.Table(
            ["stream", "reason", Column.Number("count"), "oldest", "newest", "for example"],
            answer.Groups.Select(group => new Cell[]
            {
                group.Stream,
                new(group.Reason, Tone.Warning),
                Cell.Of(group.Count),
                $"{Form.Age(group.Oldest, answer.At)} ago",
                $"{Form.Age(group.Newest, answer.At)} ago",
                new(group.Example ?? "", Tone.Faint),
            }));
        if (display.IsTerminal)
        {
            display.Line($"{answer.Total} dead letters{(answer.Complete ? "" : ", of which the oldest were looked at")}", Tone.Faint);
        }
    }

    private static void RenderMessages(Display display, DeadLetterList answer)
    {
        display.Table(
            ["id", "stream", "reason", "received", Column.Number("bytes"), "error"],
            answer.Items.Select(letter => new Cell[] { letter.Id, letter.Stream, new(letter.Reason, Tone.Warning), Form.Time(letter.Received),
                Cell.Of(letter.Bytes), letter.Error }));
        if (display.IsTerminal)
        {
            display.Line($"{answer.Offset + answer.Items.Count} of {answer.Total}", Tone.Faint);
        }
    }
}
