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

    IAdvancedScheduler IScheduler.Advanced => this;

    /// <summary>Moves the time, and sends what is due.</summary>
    public new void Advance(TimeSpan offset)
    {
        lock (_lock)
        {
            base.Advance(offset);
        }
    }

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender)
    {
        lock (_lock)
        {
            ScheduleTellOnce(delay, receiver, message, sender);
        }
    }

    void ITellScheduler.ScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable)
    {
        lock (_lock)
        {
            ScheduleTellOnce(delay, receiver, message, sender, cancelable);
        }
    }

    void ITellScheduler.ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender)
    {
        lock (_lock)
        {
            ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender);
        }
    }

    void ITellScheduler.ScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable)
    {
        lock (_lock)
        {
            ScheduleTellRepeatedly(initialDelay, interval, receiver, message, sender, cancelable);
        }
    }

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable)
    {
        lock (_lock)
        {
            ScheduleOnce(delay, action, cancelable);
        }
    }

    void IActionScheduler.ScheduleOnce(TimeSpan delay, Action action)
    {
        lock (_lock)
        {
            ScheduleOnce(delay, action);
        }
    }

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable)
    {
        lock (_lock)
        {
            ScheduleRepeatedly(initialDelay, interval, action, cancelable);
        }
    }

    void IActionScheduler.ScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action)
    {
        lock (_lock)
        {
            ScheduleRepeatedly(initialDelay, interval, action);
        }
    }
}
