using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload serve</c>: counts, until it is told to stop.</summary>
internal static class ServeCommand
{
    private const string Details =
        """
        SIGTERM or Ctrl-C stops it in order: intake, drain, flush, checkpoint. Started where another node runs over the store,
        it stands by and takes over when that one ends. 'dataload check' says beforehand whether a start would work.

        Examples:
          dataload serve
          dataload serve --config dataload.conf

        Exit codes: 0 stopped in order; 2 it could not start or go on.
        """;

    public static Command Create(Option<FileInfo[]> config) =>
        new DetailedCommand("serve", "Takes in events and counts them, until SIGTERM or Ctrl-C.", Details) { config }.Runs(async (result, cancellationToken) =>
        {
            await NodeHost.RunAsync(result.LoadSettings(config), cancellationToken);
            return ExitCode.Done;
        });
}
