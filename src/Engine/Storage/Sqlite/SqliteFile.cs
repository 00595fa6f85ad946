using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>The file of a database, from a path or a connection string.</summary>
internal sealed class SqliteFile
{
    private readonly string? _connectionString;

    static SqliteFile() => Batteries_V2.Init();

    /// <summary>Reads a path or a connection string (one with <c>Data Source=</c>).</summary>
    /// <exception cref="StoreException">It names no file.</exception>
    public SqliteFile(string pathOrConnectionString)
    {
        string path = pathOrConnectionString;
        if (IsConnectionString(pathOrConnectionString))
        {
            try
            {
                var builder = new SqliteConnectionStringBuilder(pathOrConnectionString);
                path = builder.Mode == SqliteOpenMode.Memory ? "" : builder.DataSource;
                _connectionString = pathOrConnectionString;
            }
            catch (ArgumentException e)
            {
                throw new StoreException($"The SQLite connection string cannot be read: {e.Message} Write it as 'Data Source=/path/dataload.db'.", e);
            }
        }

        if (path.Length == 0 || path.StartsWith(":memory:", StringComparison.OrdinalIgnoreCase))
        {
            throw new StoreException("A SQLite store needs a file, not memory; name one, as in 'Data Source=/path/dataload.db'.");
        }

        Path = System.IO.Path.GetFullPath(path);
    }

    public string Path { get; }

    /// <summary>The file's name behind all links, so that one file has one lock.</summary>
    public string RealPath => File.Exists(Path) ? File.ResolveLinkTarget(Path, returnFinalTarget: true)?.FullName ?? Path : Path;

    /// <summary>The file of the journal that belongs to a store's: <c>store.db</c> has <c>store-journal.db</c> beside it.</summary>
    public SqliteFile Journal => new(System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(RealPath) ?? ".",
        $"{System.IO.Path.GetFileNameWithoutExtension(RealPath)}-journal{System.IO.Path.GetExtension(RealPath)}"));

    public bool Exists => File.Exists(Path);

    /// <summary>What to do about an error that retrying does not help, or null for others.</summary>
    public static string? Explain(SqliteException e) => e.SqliteErrorCode switch
    {
        raw.SQLITE_NOTADB => "The file is not a SQLite database; name another one, or restore it from a backup.",
        raw.SQLITE_CORRUPT => "The file is damaged; restore it from a backup.",
        raw.SQLITE_CANTOPEN => "Check that the directory exists and that the user of this process may read and write file and directory.",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "Let the user of this process write the file and its directory.",
        _ => null,
    };

    /// <summary>The connection string for a mode. A pool would keep the file open after the store is closed.</summary>
    /// <remarks>The driver's own waiting (1 s, 0 would be endless) comes on top of SQLite's busy timeout.</remarks>
    public string ConnectionString(SqliteOpenMode mode) => new SqliteConnectionStringBuilder(_connectionString ?? "")
    {
        DataSource = Path,
        Mode = mode,
        Pooling = false,
        DefaultTimeout = 1,
    }.ConnectionString;

    private static bool IsConnectionString(string text) =>
        text.Contains("Data Source=", StringComparison.OrdinalIgnoreCase)
        || text.Contains("DataSource=", StringComparison.OrdinalIgnoreCase)
        || text.Contains("Filename=", StringComparison.OrdinalIgnoreCase);
}
