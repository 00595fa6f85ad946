namespace DataLoad.Host.Commands.Operating;

/// <summary>What the commands are made with; the same definitions serve the command line and the console.</summary>
internal sealed class OperatingContext(NodeSource source, Confirmation confirmation, TimeProvider time)
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints the answer of the HTTP API as JSON, for programs." };

    /// <summary>Makes a command of its arguments and options, whose work returns the exit code.</summary>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols,
        Func<ParseResult, Operation, CancellationToken, Task<int>> work)
    {
        var command = new DetailedCommand(name, summary, details);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.Add(_json);
        source.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            (NodeAccess node, ConsoleSettings settings) = source.Find(result);
            using var client = new NodeClient(node);
            var operation = new Operation(client, result.InvocationConfiguration.Output, result.GetValue(_json), confirmation, settings, time);
            return await work(result, operation, cancellationToken);
        });
    }

    /// <summary>Makes a command that is done when its work has ended.</summary>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols,
        Func<ParseResult, Operation, CancellationToken, Task> work) => Define(name, summary, details, symbols, async (result, operation, cancellationToken) =>
    {
        await work(result, operation, cancellationToken);
        return ExitCode.Done;
    });
}

/// <summary>One run of a command that asks a node.</summary>
internal sealed record Operation(NodeClient Node, TextWriter Output, bool IsJson, Confirmation Confirmation, ConsoleSettings Settings, TimeProvider Time)
{
    /// <summary>Where the answer is shown.</summary>
    public Display Display { get; } = Display.For(Output);

    /// <summary>Reads what is at a path and shows it.</summary>
    public async Task<T> ShowAsync<T>(string path, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.GetAsync(path, cancellationToken), render);

    /// <summary>Has something done and shows the answer.</summary>
    public async Task<T> DoAsync<T>(HttpMethod method, string path, object? body, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.DoAsync(method, path, body, cancellationToken), render);

    /// <summary>Reads and shows, once or again and again until the caller has enough; the last picture gives the exit code.</summary>
    public async Task<int> WatchAsync<T>(WatchOptions watch, ParseResult result, string path, Action<Display, T> render, Func<T, int> code,
        CancellationToken cancellationToken)
        where T : class
    {
        if (!watch.IsOn(result))
        {
            return code(await ShowAsync(path, render, cancellationToken));
        }

        int pictures = watch.Pictures(result);
        int last = ExitCode.Done;
        try
        {
            // Programs that read JSON take a picture a line, wherever it goes.
            await (IsJson ? PicturesAsync(Output.Flush) : Display.AnimateAsync(PicturesAsync));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller has seen enough, which is how watching ends.
        }

        return last;

        async Task PicturesAsync(Action shown)
        {
            for (int i = 0; pictures == 0 || i < pictures; i++)
            {
                if (i > 0)
                {
                    await Task.Delay(Settings.WatchInterval, Time, cancellationToken);
                }

                NodeAnswer answer = await Node.GetAsync(path, cancellationToken);
                T read = answer.As<T>();
                last = code(read);
                if (IsJson)
                {
                    await Output.WriteLineAsync(answer.Json);
                }
                else
                {
                    Display.Separate(i);
                    render(Display, read);
                }

                shown();
            }
        }
    }

    private T Show<T>(NodeAnswer answer, Action<Display, T> render)
        where T : class
    {
        T read = answer.As<T>();
        if (IsJson)
        {
            Output.WriteLine(answer.Json);
        }
        else
        {
            render(Display, read);
            Display.Show();
        }

        return read;
    }
}

/// <summary>The commands that ask a running node, on the command line and in the console.</summary>
internal static class OperatingCommands
{
    public static Command[] Create(OperatingContext context) =>
    [
        StatusCommand.Create(context),
        StreamsCommand.Create(context),
        ShardsCommand.Create(context),
        NodesCommand.Create(context),
        CountersCommand.Create(context),
        TopicCommand.Create(context),
        TailCommand.Create(context),
        DeadCommand.Create(context),
        JournalCommand.Create(context),
        PauseCommand.CreatePause(context),
        PauseCommand.CreateResume(context),
        MaintenanceCommand.CreateFlush(context),
        MaintenanceCommand.CreateCheckpoint(context),
        SettingsCommand.Create(context),
        LogLevelCommand.Create(context),
        AuditCommand.Create(context),
    ];
}

/// <summary>Asks whether something is meant that cannot be taken back, or that concerns many.</summary>
/// <param name="ask">Shows a question and reads the answer; null where nobody is there to answer.</param>
internal sealed class Confirmation(Func<string, string?>? ask)
{
    /// <summary>Asks on the terminal, where standard input is one. The question goes to standard error, so that it is no part of the output.</summary>
    public static Confirmation OnTerminal() => new(Console.IsInputRedirected ? null : question =>
    {
        Console.Error.Write(question);
        return Console.ReadLine();
    });

    /// <summary>Whether something is meant, as in <c>Purge 12 dead letters for good</c>; nobody is asked where <c>--yes</c> said so.</summary>
    /// <exception cref="NodeException">Nobody is there to answer.</exception>
    public bool Of(string what, bool isSaid) => isSaid
        || (ask is null
            ? throw new NodeException($"{what}: this has to be confirmed, and standard input is no terminal: say --yes if it is meant. Nothing was done.")
            : ask($"{what}? [y/N] ")?.Trim() is "y" or "Y" or "yes");
}
