using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload settings</c>: the node's effective settings.</summary>
internal static class SettingsCommand
{
    private const string Details =
        """
        As the node has them: from the defaults, its files, its environment. Of Akka's settings those that differ from Akka's
        own defaults. Secrets are masked.

        Examples:
          dataload settings
          dataload settings intake
          dataload settings akka.persistence
          dataload settings --json | jq -r '.settings[] | select(.origin | startswith("reference.conf") | not) | .path'

        Exit codes: 0 done; 2 the node could not be asked.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string?> search = new("TEXT")
        {
            Description = "Settings alone with this text in their path.",
            HelpName = "TEXT",
            Arity = ArgumentArity.ZeroOrOne
        };
        return context.Define("settings", "Shows the node's settings and where each comes from.", Details, [search],
            async (result, operation, cancellationToken) =>
        {
            await operation.ShowAsync<SettingList>(
                NodePath.With(NodePath.Of("settings"), ("search", result.GetValue(search))),
                (display, answer) => display.Table(["setting", "value", "from"],
                    answer.Settings.Select(setting => new Cell[] { setting.Path, setting.Value, new(setting.Origin, Tone.Faint) })),
                cancellationToken);
            return ExitCode.Done;
        });
    }
}
