namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>How a <see cref="SqliteStore"/> uses its file.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>
    /// How long a call waits for another process to let go of the file before it fails with SQLITE_BUSY; default 5 s.
    /// Short makes callers retry more often, long makes them notice later.
    /// </summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many connections read at a time, beside the one that writes; default 4, 1 to 64.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>The page cache of each connection in KiB; default 16384, 64 and up.</summary>
    public int CacheKiB { get; init; } = 16 * 1024;

    /// <summary>
    /// How many pages the write-ahead log gathers before a commit moves them into the database; default 4000 (16 MB),
    /// 1 and up. Many make commits steadier and the log longer.
    /// </summary>
    public int WalCheckpointPages { get; init; } = 4000;

    /// <summary>The bytes after which a page of journal blocks or snapshots ends; default 4 MB. One item is always read.</summary>
    public int PageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>How many rows, blocks or snapshots a page holds at the most; default 512, 1 and up.</summary>
    public int PageRows { get; init; } = 512;

    /// <summary>The clock of <c>update_time</c> and <c>applied_at</c>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="StoreException">A property is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(BusyTimeout >= TimeSpan.Zero && BusyTimeout <= TimeSpan.FromHours(1), nameof(BusyTimeout), BusyTimeout, "0 to 1 hour");
        Require(ReadConnections is >= 1 and <= 64, nameof(ReadConnections), ReadConnections, "1 to 64");
        Require(CacheKiB >= 64, nameof(CacheKiB), CacheKiB, "64 and up");
        Require(WalCheckpointPages >= 1, nameof(WalCheckpointPages), WalCheckpointPages, "1 and up");
        Require(PageBytes >= 1, nameof(PageBytes), PageBytes, "1 and up");
        Require(PageRows >= 1, nameof(PageRows), PageRows, "1 and up");
    }

    private static void Require(bool holds, string property, object value, string range)
    {
        if (!holds)
        {
            throw new StoreException($"The SQLite store's {property} is {value}; it must be {range}.");
        }
    }
}
