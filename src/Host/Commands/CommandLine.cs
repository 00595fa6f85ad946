using System.CommandLine.Invocation;
using DataLoad.Host.Commands.Operating;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>The command line: all commands, and how they are run.</summary>
internal static class CommandLine
{
    private const string Description = """
        DataLoad turns business events from RabbitMQ into exact, live statistics per topic and day.

        Examples:
          dataload                                      is a node running here, and how it fares
          dataload check --config dataload.conf         look at settings, databases and broker before a start
          dataload serve --config dataload.conf         count, until SIGTERM or Ctrl-C
          dataload publish act.buy 33                   send an event, as the services do
          dataload verify --topic ACTIVITY:7            compare the statistics tables with the journal
          dataload rebuild --topic ACTIVITY:7           correct the statistics tables from the journal
          dataload status                               ask the node that runs here, as all commands from console on do
          dataload console                              the same with completion, history and help

        Exit codes: 0 done, nothing is wrong; 1 done, problems or differences were found, or nothing is there of what was
        asked for; 2 it could not be done, and standard error says why in a sentence.
        """;

    /// <summary>Makes the commands.</summary>
    /// <param name="nodes">Where nodes are looked for that run on this machine; null for this machine's processes.</param>
    public static RootCommand Create(LocalNodes? nodes = null)
    {
        Option<FileInfo[]> config = Options.Config();
        var root = new RootCommand(Description)
        {
            ServeCommand.Create(config),
            CheckCommand.Create(config),
            VerifyCommand.Create(config),
            RebuildCommand.Create(config),
            PublishCommand.Create(config),
        };
        var node = new NamedNode(config, nodes ?? new LocalNodes());
        root.Add(ConsoleCommand.Create(node));
        root.AddAll(OperatingCommands.Create(new OperatingContext(node, Confirmation.OnTerminal(), TimeProvider.System)));
        root.Add(HomeCommand.CreateHelp(root, node));
        HomeCommand.Install(root, node);
        DetailedHelp.Install(root);
        return root;
    }

    /// <summary>Parses and runs a command line.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, InvocationConfiguration configuration, LocalNodes? nodes = null)
    {
        ParseResult parsed = Create(nodes).Parse(args);
        if (string.Equals(parsed.CommandResult.Command.Name, ConsoleCommand.Name, StringComparison.Ordinal))
        {
            // There Ctrl-C ends the command that runs, and the library would end the console with it.
            configuration.ProcessTerminationTimeout = null;
        }

        int code = await parsed.InvokeAsync(configuration);

        // The library ends with 1 where it cannot read the line, which here says that work was done.
        return parsed.Action is ParseErrorAction ? ExitCode.Failed : code;
    }
}

/// <summary><c>dataload serve</c>: counts, until it is told to stop.</summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    private const string Details = """
        SIGTERM or Ctrl-C stops it in order: intake, drain, flush, checkpoint. Started where another node runs over the store,
        it stands by and takes over when that one ends. 'dataload check' says beforehand whether a start would work.

        Examples:
          dataload serve
          dataload serve --config dataload.conf

        Exit codes: 0 stopped in order; 2 it could not start or go on.
        """;

    public static Command Create(Option<FileInfo[]> config) =>
        new DetailedCommand(Name, "Takes in events and counts them, until SIGTERM or Ctrl-C.", Details) { config }.Runs(async (result, cancellationToken) =>
        {
            await NodeHost.RunAsync(result.LoadSettings(config), cancellationToken);
            return ExitCode.Done;
        });
}
