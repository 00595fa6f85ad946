using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>Computes a Partition's Counters anew from the journal, so that they hold metrics and breakdowns that were declared after events had come: some at a
/// time, each time first beside the owner, who counts on, and then what came meanwhile. Not thread-safe, but for its progress.</summary>
/// <param name="context">What Partitions work with.</param>
/// <param name="partition">The Partition.</param>
/// <param name="missing">What its kept Counters lack.</param>
internal sealed class Backfill(PartitionContext context, int partition, IReadOnlyList<Declaration> missing)
{
    private readonly HashSet<byte> _pages = [.. context.Plan.Catalog.Pages.Where(page => missing.Any(declaration => IsOf(declaration, page))).Select(page => page.Id)];

    // What a Counter weighs by itself, in events.
    private const int EventsOfCounter = 10;

    private readonly HashSet<CounterId> _done = [];
    private readonly HashSet<CounterId> _current = [];
    private JournalFold? _fold;
    private Dictionary<CounterId, Counter> _counters = [];
    private bool _isClosed;
    private bool _hasMore = true;
    private volatile BackfillProgress _progress = new(0, 0, 0, 0);

    /// <summary>What its Counters hold once all is done.</summary>
    public IReadOnlyList<Declaration> Missing => missing;

    /// <summary>Whether the columns of rows change that stand where they stood.</summary>
    public bool HasMetrics { get; } = missing.Any(declaration => declaration.Column is not null);

    /// <summary>Whether all Counters were computed.</summary>
    public bool IsDone => !_hasMore;

    /// <summary>Whether something of it is under way.</summary>
    public bool IsRunning { get; set; }

    /// <summary>The time before which events are lacking, in epoch ms, since what holds them was folded into a baseline that has no parts and not the metrics;
    /// 0 for none.</summary>
    public long LacksBeforeMs { get; private set; }

    /// <summary>How far it is. Thread-safe.</summary>
    public BackfillProgress Progress => _progress;

    /// <summary>Reads the journal for the next Counters: those that are met first, until they have as many events as may be held. Each is taken whole.</summary>
    /// <returns>False where it was stopped on the way: what was read is let go.</returns>
    /// <exception cref="StoredFormatException">The journal or its baseline is damaged.</exception>
    public async Task<bool> ReadAsync(long throughSequenceNr, CancellationToken cancellationToken)
    {
        if (await context.BackfillSwitch.IsStoppedAsync(cancellationToken))
        {
            return false;
        }

        await context.FillGate.WaitAsync(cancellationToken);
        try
        {
            _current.Clear();
            _isClosed = _hasMore = false;
            _progress = new BackfillProgress(_progress.Pass + 1, 0, throughSequenceNr, _done.Count);
            _fold = new JournalFold(context.Plan, context.Journal, context.Positions, context.Snapshots) { Only = IsNext, GoesOn = GoesOnAsync };
            _counters = await _fold.RunAsync(partition, StatisticsFilter.All, limitOf: null, cancellationToken);
            if (_fold.IsStopped)
            {
                _progress = _progress with { Pass = _progress.Pass - 1, Read = 0 };
                LetGo();
                _hasMore = true;
                return false;
            }

            LacksBeforeMs = _fold.States > 0 ? Math.Max(LacksBeforeMs, _fold.FirstEntryMs) : LacksBeforeMs;
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
        _progress = _progress with { Counters = _done.Count };
        LetGo();
    }

    private void LetGo()
    {
        _counters = [];
        _fold = null;
    }

    private async ValueTask<bool> GoesOnAsync(long sequenceNr, CancellationToken cancellationToken)
    {
        _progress = _progress with { Read = sequenceNr, Through = Math.Max(_progress.Through, sequenceNr) };
        return !await context.BackfillSwitch.IsStoppedAsync(cancellationToken);
    }

    private static bool IsOf(Declaration declaration, Page page) => declaration.Column is null
        ? page.Tables.Any(table => string.Equals(declaration.Table, table.Name, StringComparison.Ordinal))
        : string.Equals(declaration.Table, page.Table, StringComparison.Ordinal);

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

/// <summary>How far a Partition has computed its past.</summary>
/// <param name="Pass">How many times the journal was read or is being read, 1 and up.</param>
/// <param name="Read">The SequenceNr that this time has come to.</param>
/// <param name="Through">The SequenceNr that it began with as the journal's end.</param>
/// <param name="Counters">How many Counters are computed.</param>
public sealed record BackfillProgress(int Pass, long Read, long Through, int Counters);

/// <summary>Knows, as of a moment ago, whether an operator stopped the computing of the past. Thread-safe.</summary>
/// <param name="store">Where that is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="interval">How old the answer may be.</param>
internal sealed class BackfillSwitch(IDeclarationStore store, TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private Task<bool>? _answer;
    private long _askedAt;
    private volatile bool _isStopped;

    /// <summary>Whether it was stopped when that was asked last.</summary>
    public bool WasStopped => _isStopped;

    /// <summary>Whether it is stopped. Who asks while another one waits for the answer gets that: an older one may be wrong.</summary>
    public Task<bool> IsStoppedAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_answer is null || _answer is { IsCompleted: true, IsCompletedSuccessfully: false } || (_answer.IsCompleted && time.GetElapsedTime(_askedAt) >= interval))
            {
                _askedAt = time.GetTimestamp();
                _answer = AskAsync();
            }

            return _answer.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> AskAsync()
    {
        bool isStopped = await store.FindStopAsync(CancellationToken.None) is not null;
        _isStopped = isStopped;
        return isStopped;
    }
}
