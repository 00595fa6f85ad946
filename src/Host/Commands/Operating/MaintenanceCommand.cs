using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload flush</c> and <c>dataload checkpoint</c>: what is done from time to time, now.</summary>
internal static class MaintenanceCommand
{
    private const string FlushDetails =
        """
        Returns when it is done; before that, whoever reads the tables may see rows about a second old. Written to the audit log.

        Example:
          dataload flush && psql -c 'SELECT … FROM data_load_act_date …'

        Exit codes: 0 done; 2 it could not be done.
        """;

    private const string CheckpointDetails =
        """
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
        context.Define(name, summary, details, [], async (_, operation, cancellationToken) =>
    {
        await operation.DoAsync<OperationResult>(HttpMethod.Post, NodePath.Of(name), body: null, (display, done) =>
            display.Line($"Done in {done.ElapsedMs} ms.", Tone.Good), cancellationToken);
        return ExitCode.Done;
    });
}
