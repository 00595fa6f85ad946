using System.Diagnostics;

namespace DataLoad.Streams.Amqp.Tests.Support;

/// <summary>A clock that stands until it is moved; its timers fire on the thread that moves it, in order.</summary>
internal sealed class ManualTime(long startMs = ManualTime.Start) : TimeProvider
{
    /// <summary>2026-03-01T00:00:00Z.</summary>
    public const long Start = 1_772_323_200_000;

    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private long _nowMs = startMs;

    public long NowMs => Interlocked.Read(ref _nowMs);

    public override long TimestampFrequency => 1000;

    /// <summary>How many timers are set.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count(timer => timer.DueMs != long.MaxValue);
            }
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    public override long GetTimestamp() => NowMs;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock forward and fires what comes due on the way.</summary>
    public void Advance(TimeSpan by)
    {
        long goal = NowMs + (long)by.TotalMilliseconds;
        while (true)
        {
            ManualTimer? next;
            lock (_lock)
            {
                next = _timers.Where(timer => timer.DueMs <= goal).MinBy(timer => timer.DueMs);
                if (next is not null)
                {
                    Interlocked.Exchange(ref _nowMs, Math.Max(NowMs, next.DueMs));
                    next.DueMs = next.PeriodMs > 0 ? next.DueMs + next.PeriodMs : long.MaxValue;
                }
            }

            if (next is null)
            {
                Interlocked.Exchange(ref _nowMs, goal);
                return;
            }

            next.Fire();
        }
    }

    /// <summary>Waits, without moving the clock, until a timer is set that is due in just that time.</summary>
    public async Task WaitForTimerAsync(TimeSpan due)
    {
        var waited = Stopwatch.StartNew();
        while (!IsSet(NowMs + (long)due.TotalMilliseconds))
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException($"No timer was set that is due in {due}.");
            }

            await Task.Yield();
        }
    }

    /// <summary>Moves the clock to each timer that is set until a condition holds.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(20))
            {
                throw new TimeoutException("The condition did not come about.");
            }

            Advance(step);
            await Task.Yield();
        }
    }

    private bool IsSet(long dueMs)
    {
        lock (_lock)
        {
            return _timers.Any(timer => timer.DueMs == dueMs);
        }
    }

    private sealed class ManualTimer(ManualTime owner, TimerCallback callback, object? state) : ITimer
    {
        public long DueMs { get; set; } = long.MaxValue;

        public long PeriodMs { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool now = dueTime == TimeSpan.Zero;
            lock (owner._lock)
            {
                PeriodMs = period == Timeout.InfiniteTimeSpan ? 0 : (long)period.TotalMilliseconds;
                DueMs = dueTime == Timeout.InfiniteTimeSpan || (now && PeriodMs == 0) ? long.MaxValue : owner._nowMs
                    + (long)Math.Ceiling(dueTime.TotalMilliseconds);
            }

            if (now)
            {
                Fire();
            }

            return true;
        }

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
