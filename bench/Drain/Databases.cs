using DataLoad.Demo;
using Npgsql;

namespace DataLoad.Bench.Drain;

/// <summary>Makes databases in the private PostgreSQL.</summary>
/// <param name="server">Its URL, <c>postgresql://…/postgres</c>.</param>
internal sealed class Databases(string server)
{
    private int _made;

    /// <summary>Makes a new database.</summary>
    /// <returns>Its URL.</returns>
    public async Task<string> NewAsync()
    {
        string name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"bench_{++_made}");
        await CreateAsync(name).ConfigureAwait(false);
        return UrlOf(name);
    }

    /// <summary>Makes a database of a name.</summary>
    public async Task CreateAsync(string name)
    {
        await using NpgsqlConnection connection = await OpenAsync(DatabaseUrl.Parse(server).ConnectionString).ConfigureAwait(false);
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        // What earlier drains left to write is not to be written during this one.
        await using var checkpoint = new NpgsqlCommand("CHECKPOINT", connection);
        await checkpoint.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    /// <summary>The URL of a database.</summary>
    public string UrlOf(string name) => server[..(server.LastIndexOf('/') + 1)] + name;

    /// <summary>Opens a connection of one's own.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync().ConfigureAwait(false);
        return connection;
    }
}
