namespace DataLoad.Host.OperatorConsole;

/// <summary>The lines that were entered, the last ones of them, kept in a file that is its owner's alone.</summary>
internal sealed class History
{
    private const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private readonly int _limit;
    private readonly Action<string> _warn;
    private readonly List<string> _lines = [];
    private string? _file;

    private History(string? file, int limit, Action<string> warn)
    {
        _file = file;
        _limit = limit;
        _warn = warn;
    }

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
        if (_limit == 0 || string.IsNullOrWhiteSpace(line) || line[0] == ' ' || (_lines.Count > 0 && string.Equals(_lines[^1], line, StringComparison.Ordinal)))
        {
            return;
        }

        _lines.Add(line);
        if (_lines.Count > _limit)
        {
            _lines.RemoveRange(0, _lines.Count - _limit);
        }

        WithFile(Save);
    }

    private void WithFile(Action<string> work)
    {
        if (_file is not { } file)
        {
            return;
        }

        try
        {
            work(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _file = null;
            _warn($"Lines are not remembered, since {file} cannot be used: {e.Message}");
        }
    }

    private void Save(string file)
    {
        string folder = Path.GetDirectoryName(file)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            File.WriteAllLines(file, _lines);
            return;
        }

        Directory.CreateDirectory(folder, OwnerFolder);

        // Written beside and moved over: a crash leaves the old one, and no moment is readable by others.
        string beside = $"{file}.{Environment.ProcessId}";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerFile };
        using (var writer = new StreamWriter(beside, options))
        {
            foreach (string line in _lines)
            {
                writer.WriteLine(line);
            }
        }

        File.Move(beside, file, overwrite: true);
    }
}
