using System.CommandLine;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary><c>dataload dead …</c>: deliveries that could not be counted.</summary>
internal static class DeadCommand
{
    private const string Details =
        """
        Example:
          dataload dead list

        Exit codes: 0 done; 1 some were left; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context) => new DetailedCommand("dead", "Shows, requeues, corrects and purges dead letters.", Details)
    {
        DeadListCommand.Create(context),
        DeadShowCommand.Create(context),
        DeadRequeueCommand.Create(context),
        DeadEditCommand.Create(context),
        DeadPurgeCommand.Create(context),
    };
}
