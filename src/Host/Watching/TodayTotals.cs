using System.Diagnostics;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Questions;

namespace DataLoad.Host.Watching;

/// <summary>Today's sums of every page and the unions of its distinct columns, asked of the database only while somebody wants them, and never more often than every so often nor for more
/// than a tenth of the time.</summary>
internal sealed class TodayTotals(IStatisticsQueries queries, RowUnions unions, ShownCatalog catalog, TimeZoneInfo zone, TimeProvider time, TimeSpan interval) : IDisposable
{
    /// <summary>Asking is followed by at least this many times as long without.</summary>
    private const int IdleFactor = 10;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Dictionary<Page, PageTotals> _totals = [];
    private long _nextAt = long.MinValue;

    /// <summary>The day that it is in the zone of the statistics.</summary>
    public DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).DateTime);

    /// <summary>The sums and unions by page.</summary>
    public async ValueTask<IReadOnlyDictionary<Page, PageTotals>> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            long now = time.GetUtcNow().Ticks;
            if (now >= _nextAt)
            {
                long start = Stopwatch.GetTimestamp();
                int day = Today.DayNumber;
                var totals = new Dictionary<Page, PageTotals>();
                foreach (Page page in catalog.Now.Pages)
                {
                    long[] values = (await queries.TotalsAsync(page, new StatisticsFilter(From: day, To: day), cancellationToken)).Values;
                    totals[page] = new PageTotals(values, await unions.PutTotalAsync(page, [day], topics: [], values, columns: null, cancellationToken));
                }

                _totals = totals;
                _nextAt = now + Math.Max(interval.Ticks, Stopwatch.GetElapsedTime(start).Ticks * IdleFactor);
            }

            return _totals;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>A page's sums and unions, in the order of its metrics.</summary>
    internal sealed record PageTotals(long[] Values, UnionGaps Gaps);
}
