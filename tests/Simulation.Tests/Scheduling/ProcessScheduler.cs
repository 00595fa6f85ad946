using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>Akka's scheduler over virtual time.</summary>
/// <remarks>Akka makes it before an actor system's setup can be asked, so it takes the process that is being started.</remarks>
public sealed class ProcessScheduler : SchedulerBase
{
    private readonly SimulatedProcess _process;

    /// <summary>Made by Akka.</summary>
    public ProcessScheduler(Config config, ILoggingAdapter log)
        : base(config, log) => _process = ProcessSystem.Starting
            ?? throw new InvalidOperationException("No simulated process is being started on this thread.");

    /// <inheritdoc/>
    public override TimeSpan MonotonicClock => TimeSpan.FromMilliseconds(_process.World.ElapsedMs);

    /// <inheritdoc/>
    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    /// <inheritdoc/>
    protected override DateTimeOffset TimeNow => DateTimeOffset.FromUnixTimeMilliseconds(_process.World.NowMs);

    /// <inheritdoc/>
    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Once(delay, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender,
        ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Once(delay, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Once(delay, action.Run, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, action, cancelable);

    /// <inheritdoc/>
    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Repeatedly(initialDelay, interval, action.Run, cancelable);

    private static long Ms(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private void Once(TimeSpan delay, Action action, ICancelable? cancelable) => _process.After(Ms(delay), () =>
    {
        if (cancelable?.IsCancellationRequested != true)
        {
            action();
        }
    });

    private void Repeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable? cancelable) => _process.After(Ms(initialDelay), () =>
    {
        if (cancelable?.IsCancellationRequested != true)
        {
            action();
            Repeatedly(interval, interval, action, cancelable);
        }
    });
}
