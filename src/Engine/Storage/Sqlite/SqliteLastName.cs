namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The name under which a node last used a database, kept in its file. The write-ahead log lies beside a name, so that after a crash who opens the
/// file by another one does not see what was committed last.</summary>
internal static class SqliteLastName
{
    private const string Key = "sqlite.path";
    private const string LogSuffix = "-wal";

    /// <summary>Keeps the name; it is in the file itself once the log was moved into it.</summary>
    public static void Record(SqliteSession session, SqliteFile file)
    {
        using SqliteStatement record = session.Use("INSERT OR REPLACE INTO dataload_fixed (name, value) VALUES (?1, ?2)");
        record.Bind(1, Key).Bind(2, file.RealPath).Execute();
    }

    /// <summary>The name that was recorded last; null where none was.</summary>
    public static string? Find(SqliteSession session)
    {
        using SqliteStatement table = session.Use("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'dataload_fixed'");
        if (!table.Step())
        {
            return null;
        }

        using SqliteStatement select = session.Use("SELECT value FROM dataload_fixed WHERE name = ?1");
        return select.Bind(1, Key).Step() ? select.Text(0) : null;
    }

    /// <summary>The log, of the store or of its journal, that was left beside the last name and belongs to the file; null where there is none.</summary>
    public static (string Left, string Expected)? FindLogLeft(SqliteFile file, string lastName)
    {
        // What was copied from a file that is still there has what it needs, or a log of its own.
        if (string.Equals(lastName, file.RealPath, StringComparison.Ordinal) || (File.Exists(lastName) && !IsSame(lastName, file.RealPath)))
        {
            return null;
        }

        var last = new SqliteFile(lastName);
        return Find(last.RealPath, file.RealPath) ?? Find(last.Journal.Path, file.Journal.Path);

        static (string, string)? Find(string from, string to)
        {
            var log = new FileInfo(from + LogSuffix);

            // A directory that is mounted twice shows one log twice.
            return log is { Exists: true, Length: > 0 } && !IsSame(log.FullName, to + LogSuffix)
                ? (log.FullName, to + LogSuffix)
                : null;
        }
    }

    private static bool IsSame(string path, string other) => FileIdentity.Of(path) is { } identity && identity == FileIdentity.Of(other);
}
