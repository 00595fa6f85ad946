using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>
/// The TestKit's scheduler, one call at a time. By itself it loses what an actor schedules while the test advances it: between making
/// the list of an instant and adding to it, the instant may be taken away.
/// </summary>
public sealed class SerialTestScheduler(Config config, ILoggingAdapter log) : TestScheduler(config, log), IScheduler, IAdvancedScheduler
{
    private readonly Lock _lock = new();
    private readonly List<DateTimeOffset> _due = [];

    IAdvancedScheduler IScheduler.Advanced => this;

    /// <summary>Moves the time, and sends what is due.</summary>
    public new void Advance(TimeSpan offset)
    {
        lock (_lock)
        {
            base.Advance(offset);
            _due.RemoveAll(at => at <= Now);
        }
    }

    /// <summary>Whether something was scheduled for within a time from now, be it taken back or not.</summary>
    public bool HasDueWithin(TimeSpan time)
    {
        lock (_lock)
        {
            return _due.Exists(at => at <= Now + time);
        }
    }

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender)
    {
        lock (_lock)
        {
            _due.Add(Now + delay);
            ScheduleTellOnce(delay, receiver, message, sender);
        }
    }

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable)
    {
        lock (_lock)
        {
            _due.Add(Now + delay);
            ScheduleTellOnce(delay, receiver, message, sender, cancelable);
        }
    }

    void ITellScheduler.ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender)
    {
        lock (_lock)
        {
            _due.Add(Now + initialDelay);
            ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender);
        }
    }

    void ITellScheduler.ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable)
    {
        lock (_lock)
        {
            _due.Add(Now + initialDelay);
            ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, cancelable);
        }
    }

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable)
    {
        lock (_lock)
        {
            _due.Add(Now + delay);
            ScheduleOnce(delay, action, cancelable);
        }
    }

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action)
    {
        lock (_lock)
        {
            _due.Add(Now + delay);
            ScheduleOnce(delay, action);
        }
    }

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable)
    {
        lock (_lock)
        {
            _due.Add(Now + initialDelay);
            ScheduleRepeatedly(initialDelay, interval, action, cancelable);
        }
    }

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action)
    {
        lock (_lock)
        {
            _due.Add(Now + initialDelay);
            ScheduleRepeatedly(initialDelay, interval, action);
        }
    }
}
