using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DataLoad.Demo;

/// <summary>
/// Where a database is: <c>sqlite:PATH</c>, a <c>postgresql://user:password@host:port/database</c> URL, or a
/// connection string in Npgsql's form (<c>Host=…;Port=…</c>).
/// </summary>
public sealed record DatabaseUrl
{
    private DatabaseUrl(bool isSqlite, string connectionString)
    {
        IsSqlite = isSqlite;
        ConnectionString = connectionString;
    }

    /// <summary>An SQLite file; otherwise a PostgreSQL server.</summary>
    public bool IsSqlite { get; }

    /// <summary>The connection string in the form that the ADO.NET provider reads.</summary>
    public string ConnectionString { get; }

    /// <summary>Reads one of the three forms.</summary>
    /// <exception cref="ArgumentException">It is none of them.</exception>
    public static DatabaseUrl Parse(string text)
    {
        if (text.StartsWith("sqlite:", StringComparison.Ordinal))
        {
            return new DatabaseUrl(true, new SqliteConnectionStringBuilder { DataSource = text["sqlite:".Length..], DefaultTimeout = 30 }.ToString());
        }

        if (text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            var url = new Uri(text);
            var user = url.UserInfo.Split(':', 2);
            return new DatabaseUrl(false, new NpgsqlConnectionStringBuilder
            {
                Host = url.Host,
                Port = url.Port < 0 ? NpgsqlConnection.DefaultPort : url.Port,
                Username = Uri.UnescapeDataString(user[0]),
                Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
                Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            }.ToString());
        }

        if (text.Contains("Host=", StringComparison.OrdinalIgnoreCase) || text.Contains("Server=", StringComparison.OrdinalIgnoreCase))
        {
            return new DatabaseUrl(false, text);
        }

        throw new ArgumentException(
            $"'{text}' names no database; use sqlite:PATH, postgresql://user:password@host:port/database or Host=…;Port=…;Username=…;Database=…", nameof(text));
    }

    /// <summary>Opens a connection.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancel = default)
    {
        DbConnection connection = IsSqlite ? new SqliteConnection(ConnectionString) : new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch (DbException)
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
