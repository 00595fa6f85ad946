using System.CommandLine;
using DataLoad.Host.Commands.Operating.Showing;
using DataLoad.Host.Operating;
using DataLoad.Host.Operating.Answers;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead purge</c>: removes dead letters for good.</summary>
internal static class DeadPurgeCommand
{
    private const string Details =
        """
        They are gone for good. Always asked about, and refused where meanwhile more or fewer are there than were asked
        about. Written to the audit log.

        Examples:
          dataload dead purge 0f3c…
          dataload dead purge --stream act.group --reason bad-join-type
          dataload dead purge --all --yes

        Exit codes: 0 done; 1 it was not confirmed; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        var selection = new DeadSelection();
        TaughtCommand command = context.Define("purge", "Removes dead letters for good.", Details, selection.Symbols, async (result, operation, cancellationToken) =>
        {
            DeadOrder? order = await selection.ConfirmAsync(result, operation, "Remove for good", limit: null, alwaysAsk: true, cancellationToken);
            if (order is null)
            {
                return ExitCode.Found;
            }

            await operation.DoAsync<DeadLetterMoveAnswer>(
                HttpMethod.Post,
                NodePath.Of("dead-letters", "purge"),
                order,
                (display, move) => display.Line($"{move.Moved} removed, {move.Left ?? 0} left.", Tone.Good),
                cancellationToken);
            return ExitCode.Done;
        });
        selection.CheckIn(command);
        return command;
    }
}
