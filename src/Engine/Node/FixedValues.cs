using System.Globalization;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Node;

/// <summary>What is fixed at the first start and checked after: the number of shards and the zone of days.</summary>
public static class FixedValues
{
    /// <summary>The name that the number of shards is fixed under.</summary>
    public const string Shards = "shards";

    /// <summary>The name that the zone is fixed under.</summary>
    public const string TimeZone = "time-zone";

    /// <summary>Fixes the values, or checks that they are as they were fixed.</summary>
    /// <exception cref="StoreException">A value differs.</exception>
    public static async Task FixAsync(IStore store, EngineSettings settings, CancellationToken cancellationToken)
    {
        await FixAsync(store, Shards, settings.Sharding.Shards.ToString(CultureInfo.InvariantCulture), "dataload.sharding.shards", cancellationToken).ConfigureAwait(false);
        await FixAsync(store, TimeZone, settings.TimeZone, "dataload.time-zone", cancellationToken).ConfigureAwait(false);
    }

    private static async Task FixAsync(IStore store, string name, string proposed, string setting, CancellationToken cancellationToken)
    {
        string value = await store.FixAsync(name, proposed, cancellationToken).ConfigureAwait(false);
        if (!string.Equals(value, proposed, StringComparison.Ordinal))
        {
            throw new StoreException($"{setting} is {proposed}, but {store.Name} was started with {value}, which cannot change: set it back to {value}, or start with an empty store.");
        }
    }
}
