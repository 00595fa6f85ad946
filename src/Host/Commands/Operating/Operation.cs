using DataLoad.Host.Api;

namespace DataLoad.Host.Commands.Operating;

/// <summary>What the commands are made with; the same definitions serve the command line and the console.</summary>
internal sealed class OperatingContext(NodeSource source, Confirmation confirmation, TimeProvider time)
{
    private readonly Option<bool> _json = new("--json") { Description = "Prints the answer of the HTTP API as JSON, for programs." };
    private readonly TableOptions _tables = new();

    /// <summary>The options of commands that show tables.</summary>
    public Symbol[] Tables => _tables.Symbols;

    /// <summary>The option of commands that are about one node: another one than is asked.</summary>
    public Option<string?> OtherNode { get; } = Options.Text("--node", "ID",
        "Of this node, by its id or the beginning of it ('nodes' lists them); of the node that is asked without it.");

    /// <summary>Makes a command of its arguments and options, whose work returns the exit code.</summary>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols, Func<Operation, Task<int>> work)
    {
        var command = new DetailedCommand(name, summary, details);
        command.AddAll([.. symbols, _json]);
        source.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            (NodeAccess node, ConsoleSettings settings) = source.Find(result);
            using var client = new NodeClient(node);
            return await work(new Operation(
                client, result, result.GetValue(_json), OtherNode, _tables, confirmation, settings, time, cancellationToken));
        });
    }

    /// <summary>Makes a command that is done when its work has ended.</summary>
    public DetailedCommand Define(string name, string summary, string details, IEnumerable<Symbol> symbols, Func<Operation, Task> work) =>
        Define(name, summary, details, symbols, async run =>
        {
            await work(run);
            return ExitCode.Done;
        });
}

/// <summary>One run of a command that asks a node: the line that was given, what it works with, and the token that ends it.</summary>
internal sealed record Operation(NodeClient Node, ParseResult Line, bool IsJson, Option<string?> OtherNode, TableOptions Tables, Confirmation Confirmation,
    ConsoleSettings Settings, TimeProvider Time, CancellationToken Token)
{
    public TextWriter Output => Line.InvocationConfiguration.Output;
    public TextWriter Error => Line.InvocationConfiguration.Error;
    public Display Display { get; } = Display.For(Line.InvocationConfiguration.Output, Tables.Read(Line));

    public T? Get<T>(Option<T> option) => Line.GetValue(option);
    public T? Get<T>(Argument<T> argument) => Line.GetValue(argument);

    /// <summary>A path of what is about one node: that which <c>--node</c> names, else the one that is asked.</summary>
    public string OfNode(params string[] parts) => Get(OtherNode) is { } id ? NodePath.Of(["nodes", id, .. parts]) : NodePath.Of(parts);

    /// <summary>Reads what is at a path.</summary>
    public async Task<T> ReadAsync<T>(string path)
        where T : class => (await Node.GetAsync(path, Token)).As<T>();

    /// <summary>Reads what is at a path and shows it.</summary>
    public async Task<T> ShowAsync<T>(string path, Action<Display, T> render)
        where T : class => Show(await Node.GetAsync(path, Token), render);

    /// <summary>Asks what may take long, shows how far it is meanwhile, and then the answer.</summary>
    public async Task<T> AskAsync<T>(string title, string path, Action<Display, T> render)
        where T : class =>
        Show(await Progress.ShowAsync(title, progress => Node.AskAsync(path, step => progress(step.Done, step.Of), Token)), render);

    /// <summary>Has something done and shows the answer.</summary>
    public async Task<T> DoAsync<T>(HttpMethod method, string path, object? body, Action<Display, T> render)
        where T : class => Show(await Node.DoAsync(method, path, body, Token), render);

    /// <summary>Reads and shows, once or again and again until the caller has enough; the last picture gives the exit code.</summary>
    public async Task<int> WatchAsync<T>(WatchOptions watch, string path, Action<Display, T> render, Func<T, int> code)
        where T : class
    {
        if (!watch.IsOn(Line))
        {
            return code(await ShowAsync(path, render));
        }

        int pictures = watch.Pictures(Line);
        int last = ExitCode.Done;
        try
        {
            // Programs that read JSON take a picture a line, wherever it goes.
            await (IsJson ? PicturesAsync(Output.Flush) : Display.AnimateAsync(PicturesAsync));
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested)
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
                    await Task.Delay(Settings.WatchInterval, Time, Token);
                }

                NodeAnswer answer = await Node.GetAsync(path, Token);
                Display.Clock = answer.Clock;
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

    /// <summary>Shows server-sent events of one name as they come, and how many the node dropped, until there were so many (0 for never) or the caller has
    /// seen enough.</summary>
    public async Task<int> TailAsync(string path, string name, int count, Action<Display, NodeAnswer> render, Func<long, string> dropped)
    {
        int shown = 0;
        try
        {
            await foreach (NodeEvent one in Node.WatchAsync(path, Token))
            {
                bool isWanted = string.Equals(one.Name, name, StringComparison.Ordinal);
                if (isWanted && IsJson)
                {
                    await Output.WriteLineAsync(one.Data.Json);
                    await Output.FlushAsync(Token);
                }
                else if (isWanted)
                {
                    Display.Clock = one.Data.Clock;
                    render(Display, one.Data);
                    Display.Show();
                }
                else if (one.Name is PeerEvents.Away)
                {
                    AwayNode away = one.Data.As<AwayNode>();
                    await Error.WriteLineAsync(Cell.Flat($"dataload: what node {away.Node} counts is not shown: {away.Why}"));
                }
                else if (one.Name is "dropped" && IsJson)
                {
                    await Error.WriteLineAsync($"dataload: {dropped(one.Data.As<DroppedEvents>().Count)}");
                }
                else if (one.Name is "dropped")
                {
                    Display.Line(dropped(one.Data.As<DroppedEvents>().Count), Tone.Faint);
                    Display.Show();
                }

                if (isWanted && ++shown == count)
                {
                    return ExitCode.Done;
                }
            }
        }
        catch (OperationCanceledException) when (Token.IsCancellationRequested)
        {
            // The caller has seen enough.
            return ExitCode.Done;
        }

        throw new NodeException("The node has stopped.");
    }

    /// <summary>Shows an answer.</summary>
    public T Show<T>(NodeAnswer answer, Action<Display, T> render)
        where T : class
    {
        T read = answer.As<T>();
        Display.Clock = answer.Clock;
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
        StatusCommand.Create(context), StreamsCommand.Create(context), ShardsCommand.Create(context), NodesCommand.Create(context),
        ClusterCommand.Create(context), PartitionsCommand.Create(context),
        CountersCommand.Create(context), TopicCommand.Create(context), TailCommand.Create(context), DeadCommand.Create(context),
        JournalCommand.Create(context), ExplainCommand.Create(context), TraceCommand.Create(context), BreakdownCommand.Create(context),
        DistinctCommand.Create(context),
        RetentionCommand.Create(context), FunnelCommand.Create(context), PauseCommand.CreatePause(context), PauseCommand.CreateResume(context), MaintenanceCommand.CreateFlush(context),
        MaintenanceCommand.CreateCheckpoint(context), BackfillCommand.Create(context), SettingsCommand.Create(context), LogCommand.Create(context), LogLevelCommand.Create(context),
        ActorsCommand.Create(context), AuditCommand.Create(context),
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

/// <summary>Which node a command asks.</summary>
internal abstract class NodeSource
{
    /// <summary>Gives a command the options that say it, if any.</summary>
    public virtual void AddTo(Command command)
    {
    }

    /// <summary>What was said.</summary>
    /// <exception cref="NodeException">No node is named.</exception>
    public abstract (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result);
}

/// <summary>The node that a command line names: by <c>--address</c>, else by <c>dataload.http.urls</c> of the settings; where they do not say it either, the one
/// that runs on this machine. The token comes from the settings or the environment alone, since a command line can be seen by other users of the machine.</summary>
internal sealed class NamedNode(Option<FileInfo[]> config, LocalNodes nodes) : NodeSource
{
    private readonly Option<Uri?> _address = new("--address", "-a")
    {
        Description = "Where the node answers, as in --address http://10.0.0.5:8080; without it, the first of dataload.http.urls (DATALOAD_HTTP), or the node that runs on this machine.",
        HelpName = "URL",
        CustomParser = result => Options.Read(result, "address", "http://HOST:PORT, such as http://127.0.0.1:8080", ParseAddress),
    };

    public override void AddTo(Command command) => command.AddAll([_address, config]);

    public override (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result)
    {
        HostSettings settings = result.LoadSettings(config);
        bool isNamed = result.GetValue(_address) is not null || result.GetResult(config) is { Tokens.Count: > 0 }
            || !SettingsLoader.IsReference(settings.Source.Get("dataload.http.urls").Origin);
        if (!isNamed && FindHere(FirstOf(settings.Http.Urls)) is { } here)
        {
            // The console's own settings stay those of this command line.
            result.InvocationConfiguration.Error.WriteLine(
                $"dataload: asking the node at {here.Address.GetLeftPart(UriPartial.Authority)}, which runs on this machine (process {here.ProcessId})");
            settings = here.Settings with { Console = settings.Console };
        }

        Uri address = result.GetValue(_address) ?? FirstOf(settings.Http.Urls);
        string? token = new[] { settings.Http.OperatorToken, settings.Http.AnalystToken, settings.Http.ReaderToken }.FirstOrDefault(token => token.Length > 0);
        return (new NodeAccess(address, token, settings.Console.ConnectTimeout, settings.Console.AnswerTimeout), settings.Console);
    }

    /// <summary>The first address; one that listens on all addresses of this machine is reached on the loopback.</summary>
    internal static Uri FirstOf(IReadOnlyList<string> urls)
    {
        if (urls.Count == 0)
        {
            throw new NodeException("dataload.http.urls is empty, so that no node is named: say --address, or set DATALOAD_HTTP or dataload.http.urls in "
                + "--config.");
        }

        var url = new Uri(urls[0]);
        return url.Host is "0.0.0.0" or "[::]" ? new UriBuilder(url) { Host = "127.0.0.1" }.Uri : url;
    }

    /// <summary>The node to ask of those that run on this machine; null for the one at the usual address. Nodes over one store show the same, so that any of
    /// them will do.</summary>
    /// <exception cref="NodeException">They are of several stores.</exception>
    private LocalNode? FindHere(Uri usual)
    {
        IReadOnlyList<LocalNode> here = nodes.Find();
        return here.Count == 0 || here.Any(node => node.Address == usual) ? null
            : here.DistinctBy(node => node.Settings.Store.Connection, StringComparer.Ordinal).Count() == 1 ? here[0]
            : throw new NodeException($"Nodes of several stores run on this machine, at {string.Join(", ", here.Select(node =>
                node.Address.GetLeftPart(UriPartial.Authority)))}: name one with --address.");
    }

    private static Uri? ParseAddress(string text)
    {
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(whole, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 ? address : null;
    }
}

/// <summary>The node that a console is attached to: its commands need not name it.</summary>
internal sealed class AttachedNode(NodeAccess node, ConsoleSettings settings) : NodeSource
{
    public override (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result) => (node, settings);
}
