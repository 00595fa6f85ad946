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

    // What a Counter weighs by itself, in events.
    private const int EventsOfCounter = 10;

    private readonly HashSet<CounterId> _done = [];
    private readonly HashSet<CounterId> _current = [];
    private JournalFold? _fold;
    private Dictionary<CounterId, Counter> _counters = [];
    private bool _isClosed;
    private bool _hasMore = true;

    /// <summary>The breakdowns that its Counters hold once all is done.</summary>
    public IReadOnlyList<AgreedBreakdown> Missing => missing;

    /// <summary>Whether all Counters were computed.</summary>
    public bool IsDone => !_hasMore;

    /// <summary>Whether something of it is under way.</summary>
    public bool IsRunning { get; set; }

    /// <summary>Reads the journal for the next Counters: those that are met first, until they have as many events as may be held. Each is taken whole.</summary>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        await context.FillGate.WaitAsync(cancellationToken);
        try
        {
            _current.Clear();
            _isClosed = _hasMore = false;
            _fold = new JournalFold(context.Plan, context.Journal, context.Positions, context.Snapshots) { Only = IsNext };
            _counters = await _fold.RunAsync(partition, StatisticsFilter.All, limitOf: null, cancellationToken);
            return true;
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
        // One that is met for the first time by now holds all its events, or was passed over and is computed later.
        bool hasMore = _hasMore;
        _isClosed = true;
        await _fold!.GoOnAsync(partition, StatisticsFilter.All, _counters, cancellationToken);
        _hasMore = hasMore;
        return _counters.Values;
    }

    /// <summary>Goes on to the next Counters.</summary>
    public void Next()
    {
        _done.UnionWith(_current);
        _counters = [];
        _fold = null;
    }

    private bool IsNext(CounterId id)
    {
        if (!_pages.Contains(id.PageId) || _done.Contains(id))
        {
            return false;
        }

        if (_current.Contains(id))
        {
            return true;
        }

        _isClosed |= _current.Count > 0 && _fold!.Taken + ((long)EventsOfCounter * _current.Count) >= context.Settings.MaxFillEvents;
        _hasMore |= _isClosed;
        return !_isClosed && _current.Add(id);
    }
}
