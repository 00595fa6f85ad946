using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>What is counted, in memory; tables and columns have their names at once.</summary>
internal sealed class MemoryDeclarationStore(MemoryCalls calls) : IDeclarationStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("Declarations.List", state => (IReadOnlyList<Declaration>)All(state), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken) => await calls.RunAsync(
        "Declarations.Agree",
        state =>
        {
            bool isFresh = state.Partitions.Count == 0;
            HashSet<string> on = catalog.Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null).Select(table => table.Name)
                .ToHashSet(StringComparer.Ordinal);
            foreach (string table in state.Breakdowns.Keys.Concat(on).Distinct().ToList())
            {
                (int generation, bool wasOn, bool wasComplete) = state.Breakdowns.GetValueOrDefault(table);
                bool turnsOn = on.Contains(table) && !wasOn;
                state.Breakdowns[table] = (generation + (turnsOn ? 1 : 0), on.Contains(table), turnsOn ? isFresh : wasComplete);
            }

            foreach (Page page in catalog.Pages)
            {
                foreach ((string column, bool isComplete, long sinceMs) in NewMetrics(state, page, isFresh, nowMs))
                {
                    state.Metrics.Add((page.Table, column), (isComplete, sinceMs));
                }
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<Declaration>>(
        "Declarations.Plan",
        state =>
        {
            bool isFresh = state.Partitions.Count == 0;
            return
            [
                .. catalog.Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null).Select(table => table.Name).Order(StringComparer.Ordinal)
                    .Select(table => (Table: table, Known: state.Breakdowns.GetValueOrDefault(table))).Where(breakdown => !breakdown.Known.IsOn)
                    .Select(breakdown => new Declaration(breakdown.Table, null, breakdown.Known.Generation + 1, isFresh, 0)),
                .. catalog.Pages.SelectMany(page => NewMetrics(state, page, isFresh, nowMs: 0)
                    .Select(metric => new Declaration(page.Table, metric.Column, 1, metric.IsComplete, 0, metric.SinceMs))),
            ];
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken) =>
        calls.RunAsync("Declarations.Backfilled", state => state.Backfilled.GetValueOrDefault(partition) ?? BackfillMarks.None, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken) => calls.RunAsync(
        "Declarations.SaveBackfilled",
        state =>
        {
            bool isOwned = state.Admits(partition, epoch, []);
            if (isOwned)
            {
                state.Backfilled[partition] = BackfillMarks.Parse(marks.ToString());
            }

            return isOwned;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<string>>(
        "Declarations.Complete",
        state =>
        {
            Declaration[] done = [.. All(state).Where(known => !known.IsComplete && known.Backfilled == partitions)];
            foreach (Declaration known in done)
            {
                if (known.Column is { } column)
                {
                    state.Metrics[(known.Table, column)] = state.Metrics[(known.Table, column)] with { IsComplete = true };
                }
                else
                {
                    state.Breakdowns[known.Table] = state.Breakdowns[known.Table] with { IsComplete = true };
                }
            }

            return [.. done.Select(known => known.Name)];
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> FindStopAsync(CancellationToken cancellationToken) =>
        calls.RunAsync("Declarations.FindStop", state => state.BackfillStopMs, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken) => await calls.RunAsync(
        "Declarations.SetStop", state => state.BackfillStopMs = atMs is null ? null : state.BackfillStopMs ?? atMs, cancellationToken);

    private static List<(string Column, bool IsComplete, long SinceMs)> NewMetrics(MemoryStoreState state, Page page, bool isFresh, long nowMs)
    {
        string[] known = [.. state.Metrics.Keys.Where(metric => string.Equals(metric.Table, page.Table, StringComparison.Ordinal)).Select(metric => metric.Column)];
        string[] declared = [.. page.Metrics.Select(metric => metric.Column)];
        if (known.Except(declared, StringComparer.Ordinal).FirstOrDefault() is { } undeclared)
        {
            throw new StoreException($"The memory counts the metric '{page.Table}.{undeclared}', which this program does not declare.");
        }

        MemoryTable? table = known.Length == 0 ? state.Tables.GetValueOrDefault(page.Table) : null;
        return [.. declared.Except(known, StringComparer.Ordinal).Select(column =>
        {
            bool isComplete = isFresh || (known.Length == 0 && table?.HasColumn(column) != false);
            return (column, isComplete, known.Length == 0 && !isFresh && isComplete ? 0 : nowMs);
        })];
    }

    private static List<Declaration> All(MemoryStoreState state) =>
    [
        .. state.Breakdowns.Where(known => known.Value.IsOn).Select(known => new Declaration(known.Key, null, known.Value.Generation, known.Value.IsComplete, 0))
            .Concat(state.Metrics.Select(known => new Declaration(known.Key.Table, known.Key.Column, 1, known.Value.IsComplete, 0, known.Value.SinceMs)))
            .Select(known => known.With(state.Backfilled.Values)),
    ];
}
