using System.Diagnostics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Bench.Freshness;

/// <summary>Statistics tables that tell a watch which rows were written.</summary>
internal sealed class WatchedStatistics(IStatisticsStore statistics, FreshnessWatch watch) : IStatisticsStore
{
    /// <inheritdoc/>
    public ValueTask EnsureTableAsync(Page page, CancellationToken cancellationToken) => statistics.EnsureTableAsync(page, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> FlushAsync(Page page, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> stale = await statistics.FlushAsync(page, rows, correct, cancellationToken);
        watch.OnFlushed(page, rows, Stopwatch.GetTimestamp());
        return stale;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken) =>
        statistics.ReadAsync(page, filter, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountForeignAsync(Page page, CancellationToken cancellationToken) => statistics.CountForeignAsync(page, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(Page page, CancellationToken cancellationToken) =>
        statistics.ReadForeignAsync(page, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AdoptAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        statistics.AdoptAsync(page, rows, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> RemoveAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        statistics.RemoveAsync(page, rows, cancellationToken);
}
