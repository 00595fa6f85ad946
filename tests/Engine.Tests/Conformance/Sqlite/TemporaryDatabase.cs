using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace DataLoad.Engine.Tests.Conformance.Sqlite;

/// <summary>A SQLite file in a directory of its own, removed at the end.</summary>
internal sealed class TemporaryDatabase : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dataload-").FullName;

    public TemporaryDatabase() => Batteries_V2.Init();

    public string Path => System.IO.Path.Combine(_directory, "dataload.db");

    public string Sibling(string name) => System.IO.Path.Combine(_directory, name);

    public async Task ExecuteAsync(string sql)
    {
        await using SqliteConnection connection = Open(Path);
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public Task<string?> ScalarAsync(string sql) => ScalarAsync(Path, sql);

    public static async Task<string?> ScalarAsync(string path, string sql)
    {
        await using SqliteConnection connection = Open(path);
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
