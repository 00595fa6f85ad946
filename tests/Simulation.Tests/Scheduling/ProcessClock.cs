namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>A process's clock: its wall clock may jump; its timers and its timestamps do not.</summary>
internal sealed class ProcessClock(SimulatedProcess process) : TimeProvider
{
    private long _offsetMs;

    public override long TimestampFrequency => 1000;

    public long NowMs => process.World.NowMs + _offsetMs;

    public void Jump(long byMs) => _offsetMs += byMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    public override long GetTimestamp() => process.World.NowMs;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ProcessTimer(process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ProcessTimer(SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _version++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm((long)Math.Ceiling(dueTime.TotalMilliseconds), period == Timeout.InfiniteTimeSpan ? 0 : Math.Max(1, (long)period.TotalMilliseconds),
                    _version);
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(long dueMs, long periodMs, int version) => process.After(dueMs, () =>
        {
            if (version == _version)
            {
                callback(state);
                if (periodMs > 0)
                {
                    Arm(periodMs, periodMs, version);
                }
            }
        });
    }
}
