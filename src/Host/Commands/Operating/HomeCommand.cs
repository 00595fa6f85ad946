using System.CommandLine.Invocation;
using System.Reflection;
using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>What <c>dataload</c> shows without a command, and <c>dataload help</c>: how the node fares that runs here, and where to go on.</summary>
internal static class HomeCommand
{
    /// <summary>Who asks for help is not to wait for a node.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const string Pointers = """
        'dataload status' shows the node in one look, 'dataload console' attaches to it; 'dataload help' lists all commands, and
        'dataload help COMMAND' tells about one. 'dataload check' says whether a start would work, 'dataload serve' starts.
        """;

    private const string HelpDetails = """
        The same as 'dataload --help' and 'dataload COMMAND --help', and whether a node answers.

        Examples:
          dataload help
          dataload help counters top

        Exit codes: 0 done; 2 there is no such command.
        """;

    /// <summary>Has a root command show it where no command is named.</summary>
    public static void Install(RootCommand root, NodeSource source)
    {
        source.AddTo(root);
        root.SetAction((result, cancellationToken) => Failure.GuardAsync(() => ShowAsync(source, result, cancellationToken), result.InvocationConfiguration.Error));
    }

    /// <summary><c>dataload help</c>.</summary>
    public static Command CreateHelp(RootCommand root, NodeSource source)
    {
        Argument<string[]> words = new("COMMAND") { Description = "The command; all are listed without it.", HelpName = "COMMAND", Arity = ArgumentArity.ZeroOrMore };
        var command = new DetailedCommand("help", "Lists the commands; 'help COMMAND' tells about one.", HelpDetails) { words };
        source.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            InvocationConfiguration configuration = result.InvocationConfiguration;
            string[] asked = result.GetValue(words) ?? [];
            ParseResult help = root.Parse([.. asked, "--help"]);
            if (help.CommandResult.Command.Name is var found && asked.Length > 0 && !string.Equals(found, asked[^1], StringComparison.Ordinal))
            {
                throw new NodeException($"There is no command '{string.Join(' ', asked)}': 'dataload help' lists them.");
            }

            int code = await help.InvokeAsync(configuration, cancellationToken);
            if (asked.Length == 0)
            {
                await configuration.Output.WriteLineAsync(await AboutNodeAsync(source, result, cancellationToken));
            }

            return code;
        });
    }

    private static async Task<int> ShowAsync(NodeSource source, ParseResult result, CancellationToken cancellationToken)
    {
        TextWriter output = result.InvocationConfiguration.Output;
        string version = Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        await output.WriteLineAsync($"DataLoad {version}");
        try
        {
            (NodeStatus status, Uri address) = await AskAsync(source, result, cancellationToken);
            await output.WriteLineAsync(Describe(status, address));
            await output.WriteLineAsync(Pointers);
            return status.Ready ? ExitCode.Done : ExitCode.Found;
        }
        catch (NodeException)
        {
            // The sentence about the node comes last, where it is read.
            await output.WriteLineAsync(Pointers);
            throw;
        }
    }

    private static async Task<string> AboutNodeAsync(NodeSource source, ParseResult result, CancellationToken cancellationToken)
    {
        try
        {
            (NodeStatus status, Uri address) = await AskAsync(source, result, cancellationToken);
            return Describe(status, address);
        }
        catch (Exception e) when (e is NodeException or HoconException)
        {
            return Cell.Flat(e.Message);
        }
    }

    private static async Task<(NodeStatus Status, Uri Address)> AskAsync(NodeSource source, ParseResult result, CancellationToken cancellationToken)
    {
        (NodeAccess node, _) = source.Find(result);
        using var client = new NodeClient(node with
        {
            ConnectTimeout = node.ConnectTimeout < Patience ? node.ConnectTimeout : Patience,
            AnswerTimeout = node.AnswerTimeout < Patience ? node.AnswerTimeout : Patience,
        });
        return ((await client.GetAsync(NodePath.Of("status"), cancellationToken)).As<NodeStatus>(), node.Address);
    }

    private static string Describe(NodeStatus status, Uri address) => Cell.Flat(
        $"Node {status.Node} at {address.GetLeftPart(UriPartial.Authority)} (today is {Form.Day(status.Today)}, {status.TimeZone}) is "
        + StateForm.InOneLine(status.State, status.Reasons));
}
