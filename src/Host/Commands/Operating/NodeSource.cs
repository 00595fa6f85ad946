namespace DataLoad.Host.Commands.Operating;

/// <summary>Which node a command asks.</summary>
internal abstract class NodeSource
{
    /// <summary>Gives a command the options that say it, if any.</summary>
    public abstract void AddTo(Command command);

    /// <summary>What was said.</summary>
    /// <exception cref="NodeException">No node is named.</exception>
    public abstract (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result);
}

/// <summary>The node that a command line names: by <c>--address</c>, else by <c>dataload.http.urls</c> of the settings. The token comes from the
/// settings or the environment alone, since a command line can be seen by other users of the machine.</summary>
internal sealed class NamedNode(Option<FileInfo[]> config) : NodeSource
{
    private readonly Option<Uri?> _address = new("--address", "-a")
    {
        Description = "Where the node answers, as in --address http://10.0.0.5:8080; without it, the first of dataload.http.urls (DATALOAD_HTTP).",
        HelpName = "URL",
        CustomParser = result => Options.Read(result, "address", "http://HOST:PORT, such as http://127.0.0.1:8080", ParseAddress),
    };

    public override void AddTo(Command command)
    {
        command.Add(_address);
        command.Add(config);
    }

    public override (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result)
    {
        HostSettings settings = result.LoadSettings(config);
        Uri address = result.GetValue(_address) ?? FirstOf(settings.Http.Urls);
        string? token = settings.Http.OperatorToken.Length > 0 ? settings.Http.OperatorToken
            : settings.Http.ReaderToken.Length > 0 ? settings.Http.ReaderToken
            : null;
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

    private static Uri? ParseAddress(string text)
    {
        string whole = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        return Uri.TryCreate(whole, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0 ? address : null;
    }
}

/// <summary>The node that a console is attached to: its commands need not name it.</summary>
internal sealed class AttachedNode(NodeAccess node, ConsoleSettings settings) : NodeSource
{
    public override void AddTo(Command command)
    {
        // There is nothing to say.
    }

    public override (NodeAccess Node, ConsoleSettings Settings) Find(ParseResult result) => (node, settings);
}
