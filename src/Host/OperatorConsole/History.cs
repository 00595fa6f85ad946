namespace DataLoad.Host.OperatorConsole;

/// <summary>The lines that were entered, the last ones of them, kept in a file that is its owner's alone.</summary>
internal sealed class History(string? file, int limit, Action<string> warn)
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private readonly List<string> _lines = [];
    private string? _file = file;

    /// <summary>The lines, the oldest first.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Where the history of this user is kept: below XDG_STATE_HOME, or ~/.local/state.</summary>
    public static string UsualFile()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        string folder = !string.IsNullOrEmpty(state) && Path.IsPathRooted(state) ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(folder, "dataload", "history");
    }

    /// <summary>Opens a history; without a file it keeps none. Warns once where the file cannot be used; the console works without.</summary>
    public static History Open(string? file, int limit, Action<string> warn)
    {
        var history = new History(file, limit, warn);
        history.WithFile(path =>
        {
            if (File.Exists(path))
            {
                history._lines.AddRange(File.ReadLines(path).Where(line => line.Length > 0).TakeLast(limit));
            }
        });
        return history;
    }

    /// <summary>Adds a line; not an empty one, not one that begins with a blank, not one that was entered just before.</summary>
    public void Add(string line)
    {
        if (limit == 0 || string.IsNullOrWhiteSpace(line) || line[0] == ' ' || (_lines.Count > 0 && string.Equals(_lines[^1], line, StringComparison.Ordinal)))
        {
            return;
        }

        _lines.Add(line);
        if (_lines.Count > limit)
        {
            _lines.RemoveRange(0, _lines.Count - limit);
        }

        WithFile(Save);
    }

    private void WithFile(Action<string> work)
    {
        if (_file is not { } path)
        {
            return;
        }

        try
        {
            work(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file = null;
            warn($"Lines are not remembered, since {path} cannot be used: {e.Message}");
        }
    }

    private void Save(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            File.WriteAllLines(path, _lines);
            return;
        }

        Directory.CreateDirectory(folder, OwnerFolder);

        // Written beside and moved over: a crash leaves the old one, and no moment is readable by others.
        string beside = $"{path}.{Environment.ProcessId}";
        using (var writer = new StreamWriter(beside, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerFile }))
        {
            _lines.ForEach(writer.WriteLine);
        }

        File.Move(beside, path, overwrite: true);
    }
}
