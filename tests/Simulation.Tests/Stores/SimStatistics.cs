using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Simulation.Stores;

/// <summary>The statistics tables over the wire.</summary>
internal sealed class SimStatistics(IStatisticsStore statistics, StoreWire wire, IStoreWatch watch) : IStatisticsStore
{
    public ValueTask EnsureTableAsync(Page page, CancellationToken cancellationToken) => statistics.EnsureTableAsync(page, cancellationToken);

    public ValueTask<IReadOnlyList<int>> FlushAsync(Page page, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken)
    {
        StatisticsRow[] sent = [.. rows.Select(row => row with { Values = [.. row.Values] })];
        return wire.WriteAsync(
            "Statistics.Flush",
            sent.Length,
            async parts =>
            {
                StatisticsRow[] applied = sent[..parts];
                watch.OnFlushing(page, applied);
                IReadOnlyList<int> stale = await statistics.FlushAsync(page, applied, correct, CancellationToken.None);
                watch.OnFlushed(page, applied, stale);
                return stale;
            },
            cancellationToken);
    }

    public IAsyncEnumerable<StatisticsRow> ReadAsync(Page page, StatisticsFilter filter, CancellationToken cancellationToken) => statistics.ReadAsync(page, filter, cancellationToken);

    public ValueTask<long> CountForeignAsync(Page page, CancellationToken cancellationToken) => statistics.CountForeignAsync(page, cancellationToken);

    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(Page page, CancellationToken cancellationToken) => statistics.ReadForeignAsync(page, cancellationToken);

    public ValueTask AdoptAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) => statistics.AdoptAsync(page, rows, cancellationToken);

    public ValueTask<IReadOnlyList<int>> RemoveAsync(Page page, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) => statistics.RemoveAsync(page, rows, cancellationToken);
}
