using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead requeue</c>: puts dead letters back.</summary>
internal static class DeadRequeueCommand
{
    private const string Details =
        """
        Puts them into their stream's own queue, through the default exchange: other subscribers of the stream's exchange
        see nothing. Identity and receipt stay, so that nothing counts twice. Those named by id are moved at once, many
        are asked about first. Written to the audit log.

        Examples:
          dataload dead requeue 0f3c…
          dataload dead requeue --stream act.buy --reason no-row
          dataload dead requeue --all --limit 100 --yes

        Exit codes: 0 done; 1 some were left, since their queue is gone, or nothing was confirmed; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        var selection = new DeadSelection();
        Option<int?> limit = new("--limit") { Description = "At the most so many, the oldest first.", HelpName = "N" };
        DetailedCommand command = context.Define("requeue", "Puts dead letters back into their streams' queues.", Details, [.. selection.Symbols, limit],
            async (result, operation, cancellationToken) =>
        {
            DeadLetterRequest? order = await selection.ConfirmAsync(result, operation, "Requeue", result.GetValue(limit), alwaysAsk: false, cancellationToken);
            if (order is null)
            {
                return ExitCode.Found;
            }

            DeadLetterMoveResult move = await operation.DoAsync<DeadLetterMoveResult>(HttpMethod.Post, NodePath.Of("dead-letters", "requeue"),
                order with { Confirm = null }, Render, cancellationToken);
            return move.Skipped > 0 ? ExitCode.Found : ExitCode.Done;
        });
        selection.CheckIn(command);
        return command;
    }

    /// <summary>Shows what was moved.</summary>
    public static void Render(Display display, DeadLetterMoveResult move)
    {
        display.Line($"{move.Moved} requeued, {move.Left} left.", Tone.Good);
        if (move.Skipped > 0)
        {
            display.Line($"{move.Skipped} were not moved: their stream is none of the catalog, or its queue is gone.", Tone.Warning);
        }
    }
}
