using System.Globalization;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Storage;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary>A store that a command looks into, which makes sense only once an engine has been started over it.</summary>
internal static class InitializedStore
{
    /// <returns>How many Partitions it has.</returns>
    /// <exception cref="StartException">It was never started, or its schema is not this program's.</exception>
    public static async Task<int> PartitionsAsync(IStore store, CancellationToken cancellationToken)
    {
        string? partitions = await store.FindFixedAsync(FixedValues.Partitions, cancellationToken);
        string? wrong = await store.CheckSchemaAsync(cancellationToken);
        if (partitions is null && wrong?.Contains("was written by", StringComparison.Ordinal) != true)
        {
            throw new StartException($"{store.Name} was never started, so there is nothing to look at: run 'dataload serve' first, or correct "
                + "dataload.store.connection.");
        }

        if (wrong is not null)
        {
            throw new StartException(wrong);
        }

        return int.TryParse(partitions, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new StartException($"{store.Name} says that it has '{partitions}' Partitions, which is no number; restore it from a backup.");
    }
}
