using Microsoft.Data.Sqlite;
using Shouldly;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A store's SQLite file, as a tool of the outside sees it.</summary>
internal static class SqliteFileOf
{
    /// <summary>Whether store and journal are whole: copies are looked at, so that whoever uses them is not disturbed.</summary>
    public static async Task ShouldBeWholeAsync(Scenario scenario)
    {
        await ShouldBeWholeAsync(scenario.StoreFile, scenario.PathOf("copy.db"));
        await ShouldBeWholeAsync(scenario.JournalFile, scenario.PathOf("copy-journal.db"));
    }

    private static async Task ShouldBeWholeAsync(string file, string copy)
    {
        foreach (var suffix in (string[])["", "-wal"])
        {
            File.Delete(copy + suffix);
            if (File.Exists(file + suffix))
            {
                File.Copy(file + suffix, copy + suffix);
            }
        }

        (await QueryAsync(copy, "PRAGMA integrity_check", reader => reader.GetString(0))).ShouldBe(["ok"]);
    }

    /// <summary>Flips one bit of a stored row.</summary>
    public static async Task FlipAsync(string file, string table, string column, long rowId, int bit)
    {
        var bytes = (await QueryAsync(file, $"SELECT {column} FROM {table} WHERE rowid = {rowId}", reader => (byte[])reader.GetValue(0))).Single();
        bit %= bytes.Length * 8;
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        await using var connection = await OpenAsync(file);
        await using var command = connection.CreateCommand();
        command.CommandText = $"UPDATE {table} SET {column} = $bytes WHERE rowid = $row";
        command.Parameters.AddWithValue("$bytes", bytes);
        command.Parameters.AddWithValue("$row", rowId);
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    /// <summary>What a query gives.</summary>
    public static async Task<List<T>> QueryAsync<T>(string file, string sql, Func<SqliteDataReader, T> read)
    {
        await using var connection = await OpenAsync(file);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static async Task<SqliteConnection> OpenAsync(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }
}
