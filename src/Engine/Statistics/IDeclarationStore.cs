using System.Collections.Immutable;
using System.Globalization;
using DataLoad.Engine.Contract;

namespace DataLoad.Engine.Statistics;

/// <summary>What the nodes over a store agree to count, metrics and breakdowns, and how far the past of each is computed.</summary>
public interface IDeclarationStore
{
    /// <summary>The metrics, and the breakdowns that are on; of pages of which nothing is known no metrics.</summary>
    ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Takes down what a catalog declares; called while no node runs. What is new where nothing was counted yet is complete. Else its past is to be computed:
    /// until all Partitions have done so, the table of a breakdown, the column of a metric has another name. The table of a breakdown that is turned off stays
    /// as it stands. Of a page of which no metrics are known, those are complete whose columns its table has.</summary>
    /// <exception cref="Storage.StoreException">What bears the name of a table or column that is new is not the engine's, or the store counts a metric that the
    /// catalog does not declare.</exception>
    ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken);

    /// <summary>What <see cref="AgreeAsync"/> would take down that is new; changes nothing, and reads stores of earlier schemas, too.</summary>
    /// <exception cref="Storage.StoreException">It would throw that.</exception>
    ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken);

    /// <summary>What of the past a Partition has computed.</summary>
    ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken);

    /// <summary>Takes down what of the past a Partition has computed.</summary>
    /// <returns>False where the Epoch is stale and nothing was changed.</returns>
    ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken);

    /// <summary>Gives each table and column its name whose past all Partitions have computed, in one transaction.</summary>
    /// <returns>The names that were given.</returns>
    /// <exception cref="Storage.StoreException">The role may not do it; the message holds the statement.</exception>
    ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken);

    /// <summary>Since when nothing of the past is to be computed, in epoch ms, because an operator said so; null where nobody did.</summary>
    ValueTask<long?> FindStopAsync(CancellationToken cancellationToken);

    /// <summary>Stops the computing of the past, or has it go on. Repeating it changes nothing.</summary>
    /// <param name="atMs">The time, in epoch ms; null to go on.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken);
}

/// <summary>A metric, or a breakdown that is on, as the nodes over a store count it.</summary>
/// <param name="Table">The table of the metric's page, or the breakdown's own.</param>
/// <param name="Column">The metric's column; null of a breakdown.</param>
/// <param name="Generation">How often a breakdown was turned on, 1 and up; 1 of a metric.</param>
/// <param name="IsComplete">Whether its past is computed, and its table or column has its name.</param>
/// <param name="Backfilled">How many Partitions have computed their past of it.</param>
/// <param name="SinceMs">When a metric was declared, in epoch ms; 0 where that was before such times were kept.</param>
/// <param name="LacksBeforeMs">It lacks events that were journaled before this time, in epoch ms, where a Partition's journal had been trimmed when its past was
/// computed; 0 where it has all.</param>
public sealed record Declaration(string Table, string? Column, int Generation, bool IsComplete, int Backfilled, long SinceMs = 0, long LacksBeforeMs = 0)
{
    /// <summary>What it is called: its table, or table and column.</summary>
    public string Name => Column is null ? Table : $"{Table}.{Column}";

    /// <summary>What a Partition is marked with that has computed it.</summary>
    public string Mark => FormattableString.Invariant($"{Name}@{Generation}");

    /// <summary>The name that a breakdown's table has by now.</summary>
    public string TableNow => IsComplete || Column is not null ? Table : FormattableString.Invariant($"{Table}_{Generation}");

    /// <summary>The name that a metric's column has by now.</summary>
    public string? ColumnNow => IsComplete || Column is null ? Column : IncompleteColumn(Column);

    /// <summary>The same with how far all Partitions have come.</summary>
    public Declaration With(IReadOnlyCollection<BackfillMarks> marks) => this with
    {
        Backfilled = marks.Count(partition => partition.Has(this)),
        LacksBeforeMs = marks.Select(partition => partition.LacksBeforeMs.GetValueOrDefault(Mark)).DefaultIfEmpty().Max(),
    };

    /// <summary>The name of a metric's column while its past is computed.</summary>
    public static string IncompleteColumn(string column) => $"{column}_incomplete";
}

/// <summary>What of the past a Partition has computed: the marks of declarations, and of each the time before which events are lacking, 0 for none.</summary>
/// <remarks>Stored as text: marks apart by spaces, each with <c>=</c> and the time where something is lacking.</remarks>
public sealed record BackfillMarks(ImmutableDictionary<string, long> LacksBeforeMs)
{
    /// <summary>Nothing.</summary>
    public static BackfillMarks None { get; } = new(ImmutableDictionary.Create<string, long>(StringComparer.Ordinal));

    /// <summary>Whether it has computed a declaration.</summary>
    public bool Has(Declaration declaration) => LacksBeforeMs.ContainsKey(declaration.Mark);

    /// <summary>These and others.</summary>
    public BackfillMarks With(IEnumerable<Declaration> declarations, long lacksBeforeMs) =>
        new(LacksBeforeMs.SetItems(declarations.Select(declaration => KeyValuePair.Create(declaration.Mark, lacksBeforeMs))));

    /// <summary>Reads the stored text.</summary>
    public static BackfillMarks Parse(string? text) => new(None.LacksBeforeMs.SetItems((text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(mark => mark.Split('=', 2))
        .Select(mark => KeyValuePair.Create(mark[0], mark.Length > 1 && long.TryParse(mark[1], CultureInfo.InvariantCulture, out long before) ? before : 0))));

    /// <inheritdoc/>
    public override string ToString() => string.Join(' ', LacksBeforeMs.OrderBy(mark => mark.Key, StringComparer.Ordinal)
        .Select(mark => mark.Value == 0 ? mark.Key : FormattableString.Invariant($"{mark.Key}={mark.Value}")));
}

/// <summary>What of a catalog can be asked for.</summary>
public static class Declarations
{
    /// <summary>A catalog with the metrics and breakdowns alone that are on and complete.</summary>
    public static Catalog Complete(this Catalog catalog, IReadOnlyList<Declaration> agreed)
    {
        HashSet<string> complete = agreed.Where(known => known.Column is null && known.IsComplete).Select(known => known.Table).ToHashSet(StringComparer.Ordinal);
        return catalog.WithCompleteMetrics(agreed).WithBreakdowns(catalog.Pages.ToDictionary(
            page => page.Name,
            page => Enum.GetValues<Breakdown>().Where(breakdown => complete.Contains(new StatisticsTable(page, breakdown).Name)).ToImmutableArray(),
            StringComparer.Ordinal));
    }

    /// <summary>A catalog without the metrics that are incomplete or not agreed on, and those behind them: what was declared later is complete later. Of a page of
    /// which nothing is known all are.</summary>
    public static Catalog WithCompleteMetrics(this Catalog catalog, IReadOnlyList<Declaration> agreed)
    {
        ILookup<string, Declaration> byTable = agreed.Where(known => known.Column is not null).ToLookup(known => known.Table, StringComparer.Ordinal);
        return catalog.WithMetrics(catalog.Pages.Where(page => byTable.Contains(page.Table)).ToDictionary(
            page => page.Name,
            page =>
            {
                HashSet<string> complete = byTable[page.Table].Where(known => known.IsComplete).Select(known => known.Column!).ToHashSet(StringComparer.Ordinal);
                return page.Metrics.TakeWhile(metric => complete.Contains(metric.Column)).Count();
            },
            StringComparer.Ordinal));
    }
}
