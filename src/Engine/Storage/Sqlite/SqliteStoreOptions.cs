namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>How a <see cref="SqliteDatabase"/> uses its file.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>How long a call waits for another process before it fails with SQLITE_BUSY; default 5 s. Short: more retries. Long: noticed later.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many connections read at a time, beside the one that writes; default 4, 1 to 64.</summary>
    public int ReadConnections { get; init; } = 4;

    /// <summary>The page cache of each connection in KiB; default 16384, 64 and up.</summary>
    public int CacheKiB { get; init; } = 16 * 1024;

    /// <summary>How many pages the write-ahead log gathers between checkpoints; default 4000 (16 MB), 1 and up. Many: steadier commits, a longer log.</summary>
    public int WalCheckpointPages { get; init; } = 4000;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="StoreException">A property is out of range; the message names it.</exception>
    public SqliteStoreOptions Validate()
    {
        Require(BusyTimeout >= TimeSpan.Zero && BusyTimeout <= TimeSpan.FromHours(1), nameof(BusyTimeout), BusyTimeout, "0 to 1 hour");
        Require(ReadConnections is >= 1 and <= 64, nameof(ReadConnections), ReadConnections, "1 to 64");
        Require(CacheKiB >= 64, nameof(CacheKiB), CacheKiB, "64 and up");
        Require(WalCheckpointPages >= 1, nameof(WalCheckpointPages), WalCheckpointPages, "1 and up");
        return this;
    }

    private static void Require(bool holds, string property, object value, string range)
    {
        if (!holds)
        {
            throw new StoreException($"The SQLite store's {property} is {value}; it must be {range}.");
        }
    }
}
