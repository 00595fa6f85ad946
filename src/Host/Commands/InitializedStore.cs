using System.Globalization;
using DataLoad.Engine.Node;
using DataLoad.Engine.Storage;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>A store that a command looks into, which makes sense only once an engine has been started over it.</summary>
internal static class InitializedStore
{
    /// <returns>How many shards it has.</returns>
    /// <exception cref="StartException">It was never started, or its schema is not this program's.</exception>
    public static async Task<int> ShardsAsync(IStore store, CancellationToken cancellationToken)
    {
        string? shards = await store.FindFixedAsync(FixedValues.Shards, cancellationToken)
            ?? throw new StartException($"{store.Name} was never started, so there is nothing to look at: run 'dataload serve' first, or correct "
                + "dataload.store.connection.");
        if (await store.CheckSchemaAsync(cancellationToken) is { } wrong)
        {
            throw new StartException(wrong);
        }

        return int.TryParse(shards, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new StartException($"{store.Name} says that it has '{shards}' shards, which is no number; restore it from a backup.");
    }
}
