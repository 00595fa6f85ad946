using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Bench.Freshness;

/// <summary>Statistics tables that tell a watch which rows were written.</summary>
internal sealed class WatchedStatistics(IStatisticsStore statistics, FreshnessWatch watch) : IStatisticsStore
{
    /// <inheritdoc/>
    public ValueTask EnsureTableAsync(StatisticsTable table, CancellationToken cancellationToken) => statistics.EnsureTableAsync(table, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> FlushAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> stale = await statistics.FlushAsync(table, rows, correct, cancellationToken);
        if (table.Breakdown is null)
        {
            watch.OnFlushed(table.Page, rows, Stopwatch.GetTimestamp());
        }

        return stale;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable table, StatisticsFilter filter, CancellationToken cancellationToken) =>
        statistics.ReadAsync(table, filter, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountForeignAsync(StatisticsTable table, CancellationToken cancellationToken) => statistics.CountForeignAsync(table, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable table, CancellationToken cancellationToken) =>
        statistics.ReadForeignAsync(table, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AdoptAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        statistics.AdoptAsync(table, rows, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable table, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        statistics.RemoveAsync(table, rows, cancellationToken);
}
