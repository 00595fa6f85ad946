namespace DataLoad.Simulation.Scheduling;

/// <summary>A node's clock: its wall clock may jump; its timers and its timestamps do not.</summary>
internal sealed class NodeClock(World world, NodeScheduler scheduler) : TimeProvider
{
    private long _offsetMs;

    public override long TimestampFrequency => 1000;

    public long NowMs => world.NowMs + _offsetMs;

    public void Jump(long byMs) => _offsetMs += byMs;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    public override long GetTimestamp() => world.NowMs;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new NodeTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class NodeTimer(NodeClock clock, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _version++;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Arm((long)Math.Ceiling(dueTime.TotalMilliseconds), period == Timeout.InfiniteTimeSpan ? 0 : Math.Max(1, (long)period.TotalMilliseconds), _version);
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Arm(long dueMs, long periodMs, int version) => clock.World.After(dueMs, () =>
        {
            if (version == _version && !clock.Scheduler.IsDead)
            {
                clock.Scheduler.Post(() =>
                {
                    if (version == _version)
                    {
                        callback(state);
                    }
                });
                if (periodMs > 0)
                {
                    Arm(periodMs, periodMs, version);
                }
            }
        });
    }

    private World World => world;

    private NodeScheduler Scheduler => scheduler;
}
