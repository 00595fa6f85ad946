using System.Collections.Immutable;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>By what the statistics are broken down, which all nodes agree on, and how far the past of each breakdown is computed.</summary>
public interface IBreakdownStore
{
    /// <summary>The breakdowns that are on.</summary>
    ValueTask<IReadOnlyList<AgreedBreakdown>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Turns on those that are given, and the others off; called while no node runs. The table of one that was not on is made beside where nothing was
    /// counted yet, else under another name until all Partitions have computed its past. The table of one that is turned off stays as it stands.</summary>
    /// <exception cref="Storage.StoreException">What bears the name of a table that is turned on is not the engine's.</exception>
    ValueTask AgreeAsync(IReadOnlyList<StatisticsTable> on, CancellationToken cancellationToken);

    /// <summary>The marks of the breakdowns that a Partition's kept Counters hold all events of.</summary>
    ValueTask<IReadOnlySet<string>> FilledAsync(int partition, CancellationToken cancellationToken);

    /// <summary>Marks breakdowns as held by a Partition's kept Counters.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveFilledAsync(int partition, long epoch, IReadOnlyCollection<string> marks, CancellationToken cancellationToken);

    /// <summary>Gives each table its name whose breakdown all Partitions have computed, in one transaction.</summary>
    /// <returns>The names that were given.</returns>
    ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken);
}

/// <summary>A breakdown that is on.</summary>
/// <param name="Table">The name of its table.</param>
/// <param name="Generation">How often it was turned on: 1 and up.</param>
/// <param name="IsComplete">Whether its past is computed, and its table has its name.</param>
/// <param name="Filled">How many Partitions have computed their past of it.</param>
public sealed record AgreedBreakdown(string Table, int Generation, bool IsComplete, int Filled)
{
    /// <summary>What a Partition is marked with that has computed it.</summary>
    public string Mark => FormattableString.Invariant($"{Table}@{Generation}");

    /// <summary>The name that its table has by now.</summary>
    public string TableNow => IsComplete ? Table : FormattableString.Invariant($"{Table}_{Generation}");
}

/// <summary>What breakdowns can be asked for.</summary>
public static class AgreedBreakdowns
{
    /// <summary>A catalog with the breakdowns alone that are on and complete.</summary>
    public static Catalog Complete(this Catalog catalog, IReadOnlyList<AgreedBreakdown> agreed)
    {
        HashSet<string> complete = agreed.Where(breakdown => breakdown.IsComplete).Select(breakdown => breakdown.Table).ToHashSet(StringComparer.Ordinal);
        return catalog.WithBreakdowns(catalog.Pages.ToDictionary(
            page => page.Name,
            page => Enum.GetValues<Breakdown>().Where(breakdown => complete.Contains(new StatisticsTable(page, breakdown).Name)).ToImmutableArray(),
            StringComparer.Ordinal));
    }
}
