using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

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
        DetailedCommand command = context.Define("purge", "Removes dead letters for good.", Details, selection.Symbols,
            async (result, operation, cancellationToken) =>
        {
            DeadLetterRequest? order = await selection.ConfirmAsync(result, operation, "Remove for good", limit: null, alwaysAsk: true, cancellationToken);
            if (order is null)
            {
                return ExitCode.Found;
            }

            await operation.DoAsync<DeadLetterMoveResult>(
                HttpMethod.Post,
                NodePath.Of("dead-letters", "purge"),
                order,
                (display, move) => display.Line($"{move.Moved} removed, {move.Left} left.", Tone.Good),
                cancellationToken);
            return ExitCode.Done;
        });
        selection.CheckIn(command);
        return command;
    }
}
