using System.CommandLine;
using DataLoad.Host.Api;
using DataLoad.Host.Commands.Operating.Rendering;
using DataLoad.Host.Operating;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload log-level</c>: what the node logs.</summary>
internal static class LogLevelCommand
{
    private static readonly string[] Levels = ["trace", "debug", "information", "warning", "error", "none"];

    private const string Details =
        """
        Without a level it shows the levels; with one it sets it until the node ends, and is written to the audit log.

        Examples:
          dataload log-level
          dataload log-level debug --category DataLoad.Engine.Intake
          dataload log-level --reset --category DataLoad.Engine.Intake

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command Create(OperatingContext context)
    {
        Argument<string?> level = new("LEVEL")
        {
            Description = $"The level: {string.Join(", ", Levels)}.",
            HelpName = "LEVEL",
            Arity = ArgumentArity.ZeroOrOne
        };
        level.AcceptOnlyFromAmong(Levels);
        Option<string?> category = Completions.Text("--category", "NAME", "This category and all below it; the default level without it.", "DataLoad",
            "DataLoad.Engine", "DataLoad.Engine.Intake", "DataLoad.Engine.Resolving", "DataLoad.Engine.Partitions", "Microsoft.AspNetCore");
        Option<bool> reset = new("--reset") { Description = "Takes the level back to what it was at the start." };
        DetailedCommand command = context.Define("log-level", "Shows or sets what the node logs.", Details, [level, category, reset],
            async (result, operation, cancellationToken) =>
        {
            string? to = result.GetValue(level);
            string path = NodePath.Of("log-levels");
            if (to is null && !result.GetValue(reset))
            {
                await operation.ShowAsync<LogLevelList>(path, Render, cancellationToken);
            }
            else
            {
                await operation.DoAsync<LogLevelList>(HttpMethod.Put, path, new { category = result.GetValue(category), level = to }, Render,
                    cancellationToken);
            }

            return ExitCode.Done;
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(level) is { Tokens.Count: > 0 } && result.GetValue(reset))
            {
                result.AddError("Say a level or --reset, not both.");
            }
        });
        return command;
    }

    private static void Render(Display display, LogLevelList levels) => display.Table(
        ["category", "level"],
        levels.Categories.OrderBy(category => category.Key, StringComparer.Ordinal).Select(category => new Cell[] { category.Key, category.Value })
            .Prepend(["(default)", levels.Default]));
}
