using System.CommandLine;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload serve</c>: counts, until it is told to stop.</summary>
internal static class ServeCommand
{
    public static Command Create(Option<FileInfo[]> config)
    {
        var command = new Command("serve", "Takes in events and counts them, until SIGTERM or Ctrl-C stops it in order: intake, drain, flush, checkpoint.") { config };
        command.SetAction((result, cancellationToken) => Failure.GuardAsync(async () =>
        {
            await NodeHost.RunAsync(ConfigOption.Load(result.GetValue(config)), cancellationToken).ConfigureAwait(false);
            return 0;
        }));
        return command;
    }
}
