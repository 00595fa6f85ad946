namespace DataLoad.Host.Commands.Operating;

/// <summary>Finds the nodes that this user runs on this machine, by what the command lines and environments of processes say. Linux has them below
/// <c>/proc</c>; elsewhere none is found.</summary>
/// <remarks>Of this user alone: a process of another one could name any address, and settings that its user may not read.</remarks>
/// <param name="processes">The folder of processes.</param>
internal sealed class LocalNodes(string processes = "/proc")
{
    private static readonly string[] Programs = ["dataload", "dataload.dll"];

    /// <summary>The nodes, in the order of their processes' ids; those that have no HTTP or whose settings cannot be read are passed over.</summary>
    public IReadOnlyList<LocalNode> Find()
    {
        if (UserOf("self") is not { } user)
        {
            return [];
        }

        IEnumerable<int> ids = Directory.EnumerateDirectories(processes)
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId).Order();
        return [.. ids.Select(id => NodeOf(id, user)).OfType<LocalNode>()];
    }

    private LocalNode? NodeOf(int id, string user)
    {
        try
        {
            string process = $"{id}";
            string[] words = Texts(process, "cmdline");
            int program = Array.FindIndex(words, word => Programs.Contains(Path.GetFileName(word), StringComparer.Ordinal));
            if (program < 0 || !string.Equals(UserOf(process), user, StringComparison.Ordinal))
            {
                return null;
            }

            Option<FileInfo[]> config = Options.Config();
            ParseResult line = new RootCommand { ServeCommand.Create(config) }.Parse(words[(program + 1)..]);
            if (line.Errors.Count > 0 || line.CommandResult.Command is not DetailedCommand { Name: ServeCommand.Name })
            {
                return null;
            }

            // Files are named from where the process was started.
            string folder = Directory.ResolveLinkTarget(Path.Combine(processes, process, "cwd"), returnFinalTarget: false)?.FullName ?? "/";
            string[] files = [.. (line.GetResult(config)?.Tokens ?? []).Select(token => Path.GetFullPath(token.Value, folder))];
            HostSettings settings = SettingsBinder.Bind(SettingsLoader.Load(files, EnvironmentOf(process)), Catalog.Default);
            return settings.Http.Urls.Count == 0 ? null : new LocalNode(id, settings);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HoconException or ArgumentException)
        {
            // It has ended meanwhile, is somebody else's, or its files have changed since: then it cannot be asked by them either.
            return null;
        }
    }

    private Dictionary<string, string> EnvironmentOf(string process)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string[] parts in Texts(process, "environ").Select(text => text.Split('=', 2)).Where(parts => parts.Length == 2))
        {
            variables[parts[0]] = parts[1];
        }

        return variables;
    }

    /// <summary>The user by which a process runs; null where there is no such process.</summary>
    private string? UserOf(string process)
    {
        string file = Path.Combine(processes, process, "status");
        return !File.Exists(file) ? null
            : File.ReadLines(file).FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal))?.Split('\t', StringSplitOptions.RemoveEmptyEntries)[2];
    }

    private string[] Texts(string process, string file) =>
        File.ReadAllText(Path.Combine(processes, process, file)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A node that runs on this machine.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Settings">What it is set by.</param>
internal sealed record LocalNode(int ProcessId, HostSettings Settings)
{
    /// <summary>Where it answers.</summary>
    public Uri Address => NamedNode.FirstOf(Settings.Http.Urls);
}
