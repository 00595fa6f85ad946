using System.Threading.Channels;

namespace DataLoad.Host.Watching;

/// <summary>The last lines of the node's log, and those that come for whoever watches. It takes what the log's levels let through. Thread-safe.</summary>
/// <remarks>Where a watcher falls behind, lines are dropped for it and counted, and nobody who logs waits.</remarks>
[ProviderAlias("Recent")]
internal sealed class RecentLog(int capacity, TimeProvider time) : ILoggerProvider
{
    private const int MaxMessage = 4096;
    private const int MaxException = 8192;

    private static readonly AsyncLocal<bool> IsServing = new();

    private readonly Lock _lock = new();
    private readonly Queue<LogLine> _kept = new();
    private Watch[] _watches = [];

    /// <summary>How many lines are kept; 0 where the log is neither kept nor shown.</summary>
    public int Capacity => capacity;

    /// <summary>Has what the caller's flow of control logs from here on left out: to serve a watcher may log, and each line that is shown would make
    /// another.</summary>
    public static void LeaveOutThisFlow() => IsServing.Value = true;

    /// <summary>Begins to watch; dispose the watch to end it.</summary>
    /// <param name="filter">The lines that are wanted.</param>
    /// <param name="last">How many of those that are kept come first.</param>
    /// <param name="waiting">How many may wait for the watcher before further ones are dropped.</param>
    public Watch Begin(Func<LogLine, bool> filter, int last, int waiting)
    {
        // At once, so that no line is missed in between and none comes twice.
        lock (_lock)
        {
            var watch = new Watch(this, filter, [.. _kept.Where(filter).TakeLast(last)], waiting);
            _watches = [.. _watches, watch];
            return watch;
        }
    }

    public ILogger CreateLogger(string categoryName) => new Source(this, categoryName);

    public void Dispose()
    {
    }

    private void Add(LogLevel level, string category, int eventId, string message, string? exception)
    {
        lock (_lock)
        {
            // Here, so that lines are in the order of their times.
            var line = new LogLine(time.GetUtcNow(), level, category, eventId, message, exception);
            if (_kept.Count == capacity)
            {
                _kept.Dequeue();
            }

            _kept.Enqueue(line);
            foreach (Watch watch in _watches)
            {
                watch.Take(line);
            }
        }
    }

    private void End(Watch watch)
    {
        lock (_lock)
        {
            _watches = [.. _watches.Where(other => other != watch)];
        }
    }

    private static string Cut(string text, int most) => text.Length <= most ? text : $"{text.AsSpan(0, most)}…";

    /// <summary>One watcher's bounded view of the log. Read by one, written by all who log.</summary>
    internal sealed class Watch : IDisposable
    {
        private readonly RecentLog _log;
        private readonly Func<LogLine, bool> _filter;
        private readonly Channel<LogNews> _channel;
        private long _dropped;

        public Watch(RecentLog log, Func<LogLine, bool> filter, IReadOnlyList<LogLine> last, int waiting)
        {
            _log = log;
            _filter = filter;
            _channel = Channel.CreateBounded<LogNews>(new BoundedChannelOptions(waiting) { SingleReader = true });
            Last = last;
        }

        /// <summary>The lines that were there when it began, oldest first.</summary>
        public IReadOnlyList<LogLine> Last { get; }

        /// <summary>The lines that come.</summary>
        public ChannelReader<LogNews> Lines => _channel.Reader;

        /// <summary>How many lines were dropped behind all that were read: no further one has come that could tell.</summary>
        public long TakeDropped()
        {
            lock (_log._lock)
            {
                long dropped = _dropped;
                _dropped = 0;
                return dropped;
            }
        }

        public void Dispose()
        {
            _log.End(this);
            _channel.Writer.TryComplete();
        }

        internal void Take(LogLine line)
        {
            if (!_filter(line))
            {
                return;
            }

            _dropped = _channel.Writer.TryWrite(new LogNews(line, _dropped)) ? 0 : _dropped + 1;
        }
    }

    private sealed class Source(RecentLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsServing.Value)
            {
                log.Add(logLevel, category, eventId.Id, Cut(formatter(state, exception), MaxMessage),
                    exception is null ? null : Cut(exception.ToString(), MaxException));
            }
        }
    }
}

/// <summary>A line that came, and how many were dropped just before it.</summary>
internal readonly record struct LogNews(LogLine Line, long Dropped);

/// <summary>A line of the log. What is long of message and exception is cut.</summary>
internal sealed record LogLine(DateTimeOffset Time, LogLevel Level, string Category, int EventId, string Message, string? Exception);
