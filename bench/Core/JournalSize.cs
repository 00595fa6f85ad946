using System.Globalization;
using DataLoad.Bench.Reporting;
using DataLoad.Engine.Storage;
using Microsoft.Data.Sqlite;

namespace DataLoad.Bench.Core;

/// <summary>What the journal takes on disk, in SQLite, where it has a file of its own.</summary>
internal static class JournalSize
{
    /// <summary>Adds the bytes an event of a store's journal, as blocks and as pages of its file.</summary>
    /// <param name="table">Takes the figures.</param>
    /// <param name="store">The store.</param>
    /// <param name="events">How many events it holds.</param>
    /// <param name="rawBytes">The mean size of the messages' bodies.</param>
    /// <param name="at">What tells this measurement from others.</param>
    public static async Task AddAsync(FigureTable table, IStore store, double events, double rawBytes, string at)
    {
        await using var connection = new SqliteConnection(store.JournalConnection.ReadingConnectionString);
        await connection.OpenAsync();

        // Blocks alone: an owner's announcement is an entry without events.
        double blocks = await NumberAsync(connection, "SELECT count(*) FROM journal WHERE manifest = 'B'");
        double bytes = await NumberAsync(connection, "SELECT sum(length(message)) FROM journal WHERE manifest = 'B'");
        double pages = await NumberAsync(connection, "PRAGMA page_count") * await NumberAsync(connection, "PRAGMA page_size");
        table.Add(string.Create(CultureInfo.InvariantCulture, $"journal of act.share on disk, {events / blocks:0} events a block, {at}"), "bytes an event",
            Goal.AtMost(40), pages / events);
        table.Add($"of that, the blocks' own bytes, {at}", "bytes an event", goal: null, bytes / events);
        table.Add($"beside it, the raw JSON, {at}", "bytes an event", goal: null, rawBytes);
    }

    private static async Task<double> NumberAsync(SqliteConnection connection, string sql)
    {
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToDouble(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }
}
