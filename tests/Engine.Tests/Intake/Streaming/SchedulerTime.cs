using Akka.Actor;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>The clock of a test's scheduler, so that actors and plain classes share one time.</summary>
internal sealed class SchedulerTime(SerialTestScheduler scheduler) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SchedulerTimer(scheduler, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class SchedulerTimer(SerialTestScheduler scheduler, Action fire) : ITimer
    {
        private ICancelable? _due;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _due?.Cancel();
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _due = new Cancelable((IScheduler)scheduler);
                ((IActionScheduler)scheduler).ScheduleOnce(dueTime, fire, _due);
            }

            return true;
        }

        public void Dispose() => _due?.Cancel();

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
