using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>Computes a Partition's Counters anew from the journal, so that they hold breakdowns which were turned on after events had come: some at a time, each
/// time first beside the owner, who counts on, and then what came meanwhile. Not thread-safe.</summary>
/// <param name="context">What Partitions work with.</param>
/// <param name="partition">The Partition.</param>
/// <param name="missing">The breakdowns that its kept Counters lack.</param>
internal sealed class BreakdownFill(PartitionContext context, int partition, IReadOnlyList<AgreedBreakdown> missing)
{
    private readonly HashSet<byte> _pages = [.. context.Plan.Catalog.Pages
        .Where(page => page.Tables.Any(table => missing.Any(breakdown => string.Equals(breakdown.Table, table.Name, StringComparison.Ordinal)))).Select(page => page.Id)];

    private JournalFold? _fold;
    private Dictionary<CounterId, Counter> _counters = [];
    private int _parts = 1;
    private int _next;

    /// <summary>The breakdowns that its Counters hold once all is done.</summary>
    public IReadOnlyList<AgreedBreakdown> Missing => missing;

    /// <summary>Whether all Counters were computed.</summary>
    public bool IsDone => _next == _parts;

    /// <summary>Whether something of it is under way.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Reads the journal for the next Counters: as many as have no more events than may be held.</summary>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        await context.FillGate.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                _fold = new JournalFold(context.Plan, context.Journal, context.Positions, context.Snapshots)
                {
                    Only = IsNext,
                    MaxEvents = context.Settings.MaxFillEvents,
                };
                _counters = await _fold.RunAsync(partition, StatisticsFilter.All, limitOf: null, cancellationToken);
                if (!_fold.IsCut)
                {
                    return true;
                }

                // Half as many at a time; those that are done stay done.
                _parts *= 2;
                _next *= 2;
            }
        }
        finally
        {
            context.FillGate.Release();
        }
    }

    /// <summary>Reads what came since; called when nothing comes.</summary>
    /// <returns>The Counters as of the journal's end.</returns>
    public async Task<IReadOnlyCollection<Counter>> CatchUpAsync(CancellationToken cancellationToken)
    {
        await _fold!.GoOnAsync(partition, StatisticsFilter.All, _counters, cancellationToken);
        return _counters.Values;
    }

    /// <summary>Goes on to the next Counters.</summary>
    public void Next()
    {
        _next++;
        _counters = [];
        _fold = null;
    }

    private bool IsNext(CounterId id) => _pages.Contains(id.PageId) && (int)(((ulong)(uint)id.GetHashCode() * (ulong)_parts) >> 32) == _next;
}
