using DataLoad.Host.Api;
using DataLoad.Host.Hosting;
using DataLoad.Host.OperatorConsole;

namespace DataLoad.Host.Commands.Operating;

/// <summary><c>dataload console</c>: attaches to a running node and runs the commands that ask it.</summary>
internal static class ConsoleCommand
{
    public const string Name = "console";

    private const string Details = """
        Runs the commands that ask a node (status, streams, topic, dead, …) without naming it each time. Tab completes,
        the arrow keys recall lines, 'help' lists the commands, 'help streams' tells about one, Ctrl-C ends what runs,
        'exit' or Ctrl-D leaves. Lines are remembered in $XDG_STATE_HOME/dataload/history, for you alone; one that begins
        with a blank is not. With lines from a pipe it runs them in turn.

        Examples:
          dataload console
          dataload console --address http://10.0.0.5:8080
          dataload console --config dataload.conf
          printf 'pause act.buy\ncheckpoint\n' | dataload console

        Exit codes: 0 all commands did; 1 or 2 the worst of them; 2 no node answers.
        """;

    public static Command Create(NodeSource source)
    {
        var command = new DetailedCommand(Name, "Attaches to a running node: completion, history, help.", Details);
        source.AddTo(command);
        return command.Runs((result, cancellationToken) => RunAsync(source, result, cancellationToken));
    }

    /// <summary>The commands of a console.</summary>
    internal static RootCommand CreateRoot(NodeAccess node, ConsoleSettings settings, Confirmation confirmation, History history, Action leave)
    {
        var root = new RootCommand("Commands of the console. 'help COMMAND' tells about one; all of them work without the console too, as in 'dataload status "
            + "--json'.");

        // The version is that of the program, which is not what a console is asked for.
        if (root.Options.OfType<VersionOption>().FirstOrDefault() is { } version)
        {
            root.Options.Remove(version);
        }

        root.AddAll(OperatingCommands.Create(new OperatingContext(new AttachedNode(node, settings), confirmation, TimeProvider.System)));
        root.Add(Own("help", "Lists the commands; 'help COMMAND' tells about one.", _ => { }));
        root.Add(Own("history", "Shows the lines that were entered.", output =>
        {
            foreach ((int number, string line) in history.Lines.Index())
            {
                output.WriteLine($"{number + 1,5}  {line}");
            }
        }));
        root.Add(Own("exit", "Leaves the console.", _ => leave()));
        DetailedHelp.Install(root);
        return root;
    }

    private static async Task<int> RunAsync(NodeSource source, ParseResult result, CancellationToken cancellationToken)
    {
        (NodeAccess node, ConsoleSettings settings) = source.Find(result);
        bool isTerminal = !Console.IsInputRedirected && !Console.IsOutputRedirected;
        TextWriter output = result.InvocationConfiguration.Output;
        await GreetAsync(node, isTerminal ? output : null, cancellationToken);
        History history = History.Open(isTerminal ? History.UsualFile() : null, settings.History, warning =>
            result.InvocationConfiguration.Error.WriteLine($"dataload: {warning}"));
        ConsoleSession? session = null;
        RootCommand root = CreateRoot(node, settings, Confirmation.OnTerminal(), history, () => session!.IsLeaving = true);
        ILineSource lines = isTerminal
            ? new LineEditor(new TerminalKeys(), new LineView(output, () => Console.WindowWidth), new Completer(root), history)
            : new PipedLines(Console.In);
        session = new ConsoleSession(root, lines, output, result.InvocationConfiguration.Error);
        return await session.RunAsync($"{node.Address.Authority}> ", cancellationToken);
    }

    /// <summary>Sees that the node answers, and says which it is.</summary>
    private static async Task GreetAsync(NodeAccess node, TextWriter? output, CancellationToken cancellationToken)
    {
        using var client = new NodeClient(node);
        WhoAmI who = (await client.GetAsync(NodePath.Of("whoami"), cancellationToken)).As<WhoAmI>();
        NodeStatus status = (await client.GetAsync(NodePath.Of("status"), cancellationToken)).As<NodeStatus>();
        if (output is not null)
        {
            await output.WriteLineAsync(Cell.Flat($"Node {status.Node}, version {status.Version}, as {who.Role}, is {StateForm.InOneLine(status.State, status.Reasons)}"));
            await output.WriteLineAsync("'help' lists the commands, Tab completes, 'exit' leaves.");
        }
    }

    private static DetailedCommand Own(string name, string summary, Action<TextWriter> work) => new DetailedCommand(name, summary, "").Runs((result, _) =>
    {
        work(result.InvocationConfiguration.Output);
        return Task.FromResult(ExitCode.Done);
    });
}
