using System.Diagnostics;
using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Watching;

/// <summary>Today's sums of every page, asked of the database only while somebody wants them, and never more often than every so often nor for more
/// than a tenth of the time.</summary>
internal sealed class TodayTotals(IStatisticsQueries queries, Catalog catalog, TimeZoneInfo zone, TimeProvider time, TimeSpan interval) : IDisposable
{
    /// <summary>Asking is followed by at least this many times as long without.</summary>
    private const int IdleFactor = 10;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private Dictionary<Page, long[]> _totals = [];
    private long _nextAt = long.MinValue;

    /// <summary>The day that it is in the zone of the statistics.</summary>
    public DateOnly Today => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(time.GetUtcNow(), zone).DateTime);

    /// <summary>The sums by page.</summary>
    public async ValueTask<IReadOnlyDictionary<Page, long[]>> GetAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            long now = time.GetUtcNow().Ticks;
            if (now >= _nextAt)
            {
                long start = Stopwatch.GetTimestamp();
                int day = Today.DayNumber;
                var totals = new Dictionary<Page, long[]>();
                foreach (Page page in catalog.Pages)
                {
                    totals[page] = (await queries.TotalsAsync(page, new StatisticsFilter(From: day, To: day), cancellationToken)).Values;
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
}
