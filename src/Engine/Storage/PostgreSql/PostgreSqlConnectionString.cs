using System.Data.Common;
using Npgsql;

namespace DataLoad.Engine.Storage.PostgreSql;

/// <summary>Reads connection strings: Npgsql's <c>Host=…;Username=…</c>, and libpq's URLs.</summary>
public static class PostgreSqlConnectionString
{
    /// <summary>Whether a text is a connection URL.</summary>
    public static bool IsUrl(string text) =>
        text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a connection string.</summary>
    /// <exception cref="StoreException">
    /// It cannot be read; the message names the parameter, and never holds a value, which might be a password.
    /// </exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        text = text.Trim();
        NpgsqlConnectionStringBuilder builder = IsUrl(text) ? PostgreSqlUrl.Parse(text) : ParsePairs(text);
        if (string.IsNullOrEmpty(builder.Host))
        {
            throw new StoreException("The PostgreSQL connection string names no host; add Host=… or write postgresql://user@host/database.");
        }

        return builder;
    }

    /// <summary>A name for messages, without secrets, as in <c>PostgreSQL 127.0.0.1:5432/dataload</c>.</summary>
    public static string NameOf(NpgsqlConnectionStringBuilder builder)
    {
        IEnumerable<string> hosts = builder.Host!.Split(',').Select(host => HasPort(host) ? host : $"{host}:{builder.Port}");
        return $"PostgreSQL {string.Join(',', hosts)}/{builder.Database ?? builder.Username}";
    }

    /// <summary>
    /// An empty connection string. Without Kerberos set up, asking for it costs a round trip a connection and a library
    /// that is often missing, so it is off unless asked for.
    /// </summary>
    internal static NpgsqlConnectionStringBuilder Create() => new() { GssEncryptionMode = GssEncryptionMode.Disable };

    /// <summary>Sets one of Npgsql's own keywords.</summary>
    internal static void Set(NpgsqlConnectionStringBuilder builder, string keyword, object value)
    {
        try
        {
            builder[keyword] = value;
        }
        catch (Exception e) when (e is ArgumentException or InvalidCastException or FormatException or OverflowException or NotSupportedException)
        {
            // The cause is not passed on: it may quote the value.
            throw new StoreException($"The PostgreSQL connection string's parameter '{keyword}' is unknown or has a value that cannot be used; correct or remove it.");
        }
    }

    private static NpgsqlConnectionStringBuilder ParsePairs(string text)
    {
        var pairs = new DbConnectionStringBuilder();
        try
        {
            pairs.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw new StoreException("The PostgreSQL connection string is not of the form Host=…;Port=…;Database=…;Username=…;Password=…, nor a postgresql:// URL.");
        }

        NpgsqlConnectionStringBuilder builder = Create();
        foreach (string keyword in pairs.Keys)
        {
            Set(builder, keyword, pairs[keyword]);
        }

        return builder;
    }

    private static bool HasPort(string host)
    {
        int colon = host.LastIndexOf(':');
        return colon > 0 && (host.IndexOf(':', StringComparison.Ordinal) == colon || host[colon - 1] == ']');
    }
}
