using System.Globalization;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Clustering;

/// <summary>What is fixed at the first start and checked after: the number of Partitions and the zone of days.</summary>
public static class FixedValues
{
    /// <summary>The name that the number of Partitions is fixed under.</summary>
    public const string Partitions = "partitions";

    /// <summary>The name that the zone is fixed under.</summary>
    public const string TimeZone = "time-zone";

    /// <summary>Fixes the values, or checks that they are as they were fixed.</summary>
    /// <exception cref="StoreException">A value differs.</exception>
    public static async Task FixAsync(IStore store, int partitions, string timeZone, CancellationToken cancellationToken)
    {
        await FixAsync(store, Partitions, partitions.ToString(CultureInfo.InvariantCulture), "dataload.sharding.shards", cancellationToken);
        await FixAsync(store, TimeZone, timeZone, "dataload.time-zone", cancellationToken);
    }

    private static async Task FixAsync(IStore store, string name, string proposed, string setting, CancellationToken cancellationToken)
    {
        string value = await store.FixAsync(name, proposed, cancellationToken);
        if (!string.Equals(value, proposed, StringComparison.Ordinal))
        {
            throw new StoreException($"{setting} is {proposed}, but {store.Name} was started with {value}, which cannot change: set it back to {value}, or start with an empty store.");
        }
    }
}
