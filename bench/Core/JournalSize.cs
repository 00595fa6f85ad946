using System.Globalization;
using DataLoad.Bench.Reporting;
using Microsoft.Data.Sqlite;

namespace DataLoad.Bench.Core;

/// <summary>What the journal takes on disk, in SQLite.</summary>
internal static class JournalSize
{
    /// <summary>Adds the bytes an event of a store's journal, as entries and as pages of a file.</summary>
    /// <param name="table">Takes the figures.</param>
    /// <param name="file">The store's file.</param>
    /// <param name="rawBytes">The mean size of the messages' bodies.</param>
    /// <param name="at">What tells this measurement from others.</param>
    public static async Task AddAsync(FigureTable table, string file, double rawBytes, string at)
    {
        string alone = file + ".journal";
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync().ConfigureAwait(false);
            double events = await NumberAsync(connection, "SELECT sum(last_seq - first_seq + 1) FROM dataload_journal").ConfigureAwait(false);
            double blocks = await NumberAsync(connection, "SELECT count(*) FROM dataload_journal").ConfigureAwait(false);
            double bytes = await NumberAsync(connection, "SELECT sum(length(bytes)) FROM dataload_journal").ConfigureAwait(false);

            // The table with its key by itself, row after row as it was written: what it takes in the store's file.
            string create = await TextAsync(connection, "SELECT sql FROM sqlite_master WHERE name = 'dataload_journal'").ConfigureAwait(false);
            await TextAsync(connection, $"ATTACH '{alone}' AS alone").ConfigureAwait(false);
            await TextAsync(connection, create.Replace("dataload_journal", "alone.dataload_journal", StringComparison.Ordinal)).ConfigureAwait(false);
            await TextAsync(connection, "INSERT INTO alone.dataload_journal SELECT * FROM main.dataload_journal ORDER BY rowid").ConfigureAwait(false);
            double pages = new FileInfo(alone).Length;
            table.Add(string.Create(CultureInfo.InvariantCulture, $"journal of act.share on disk, {events / blocks:0} events a block, {at}"), "bytes an event", Goal.AtMost(40), pages / events);
            table.Add($"of that, the blocks' own bytes, {at}", "bytes an event", goal: null, bytes / events);
            table.Add($"beside it, the raw JSON, {at}", "bytes an event", goal: null, rawBytes);
        }
    }

    private static async Task<double> NumberAsync(SqliteConnection connection, string sql) =>
        double.Parse(await TextAsync(connection, sql).ConfigureAwait(false), CultureInfo.InvariantCulture);

    private static async Task<string> TextAsync(SqliteConnection connection, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            return Convert.ToString(await command.ExecuteScalarAsync().ConfigureAwait(false), CultureInfo.InvariantCulture) ?? "";
        }
    }
}
