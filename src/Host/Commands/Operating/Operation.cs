using System.CommandLine;
using DataLoad.Host.Hosting;
using DataLoad.Host.Settings;

namespace DataLoad.Host.Commands.Operating;

/// <summary>What the commands are made with; the same definitions serve the command line and the console.</summary>
/// <param name="source">Which node they ask.</param>
/// <param name="confirmation">Asks what has to be confirmed.</param>
/// <param name="time">The clock.</param>
internal sealed class OperatingContext(NodeSource source, Confirmation confirmation, TimeProvider time)
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints the answer of the HTTP API as JSON, for programs." };

    /// <summary>Makes a command.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="summary">What it does, in a line.</param>
    /// <param name="details">What its help says after the options.</param>
    /// <param name="symbols">Its arguments and options.</param>
    /// <param name="work">Its work, which returns the exit code.</param>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols, Func<ParseResult, Operation, CancellationToken,
        Task<int>> work)
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
        command.SetAction((result, cancellationToken) =>
            Failure.GuardAsync(() => RunAsync(result, work, cancellationToken), result.InvocationConfiguration.Error));
        return command;
    }

    private async Task<int> RunAsync(ParseResult result, Func<ParseResult, Operation, CancellationToken, Task<int>> work, CancellationToken cancellationToken)
    {
        (NodeAccess node, ConsoleSettings settings) = source.Find(result);
        TextWriter output = result.InvocationConfiguration.Output;
        using var client = new NodeClient(node);
        return await work(
            result,
            new Operation
            {
                Node = client,
                Display = Display.For(output),
                Output = output,
                IsJson = result.GetValue(_json),
                Confirmation = confirmation,
                Settings = settings,
                Time = time,
            },
            cancellationToken);
    }
}

/// <summary>One run of a command that asks a node.</summary>
internal sealed class Operation
{
    /// <summary>The node.</summary>
    public required NodeClient Node { get; init; }

    /// <summary>Where the answer is shown.</summary>
    public required Display Display { get; init; }

    /// <summary>Where JSON goes.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Whether the API's JSON is wanted as it comes.</summary>
    public required bool IsJson { get; init; }

    /// <summary>Asks what has to be confirmed.</summary>
    public required Confirmation Confirmation { get; init; }

    /// <summary>How the commands behave.</summary>
    public required ConsoleSettings Settings { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Reads and shows.</summary>
    /// <param name="path">What is read.</param>
    /// <param name="render">Shows it to people.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> ShowAsync<T>(string path, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.GetAsync(path, cancellationToken), render);

    /// <summary>Has something done and shows the answer.</summary>
    public async Task<T> DoAsync<T>(HttpMethod method, string path, object? body, Action<Display, T> render, CancellationToken cancellationToken)
        where T : class => Show(await Node.DoAsync(method, path, body, cancellationToken), render);

    /// <summary>Reads and shows, once or again and again until the caller has enough.</summary>
    /// <param name="watch">How often.</param>
    /// <param name="result">The command line.</param>
    /// <param name="path">What is read.</param>
    /// <param name="render">Shows it to people.</param>
    /// <param name="code">The exit code of the last picture.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
    /// <summary>Makes them all.</summary>
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

    /// <summary>Whether it is meant.</summary>
    /// <param name="what">What will be done, as in <c>Purge 12 dead letters for good</c>.</param>
    /// <param name="isSaid">Whether <c>--yes</c> was given, so that nobody is asked.</param>
    /// <exception cref="NodeException">Nobody is there to answer.</exception>
    public bool Of(string what, bool isSaid)
    {
        if (isSaid)
        {
            return true;
        }

        if (ask is null)
        {
            throw new NodeException($"{what}: this has to be confirmed, and standard input is no terminal: say --yes if it is meant. Nothing was done.");
        }

        return ask($"{what}? [y/N] ")?.Trim() is "y" or "Y" or "yes";
    }
}
