using Akka.Actor;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>Finds out every few seconds whether the broker takes what is published: one that is short of memory or disk goes on delivering, and tells only
/// who publishes, which the engine does for dead letters alone.</summary>
internal sealed class PublishingProbeActor : ReceiveActor, IWithTimers
{
    private const int AccessRefused = 403;

    private readonly IntakeSetup _setup;
    private readonly BrokerState _state;
    private readonly CancellationTokenSource _stopping = new();

    public PublishingProbeActor(IntakeSetup setup, BrokerState state)
    {
        (_setup, _state) = (setup, state);
        Receive<ProbeNow>(_ => Probe());
        Receive<Probed>(Take);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IntakeSetup setup, BrokerState state) =>
        Akka.Actor.Props.Create(() => new PublishingProbeActor(setup, state)).WithDeploy(Deploy.Local);

    protected override void PreStart() => Repeat();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private void Probe() =>
        _ = ProbeAsync(_stopping.Token).PipeTo(Self, success: refusal => new Probed(refusal, null), failure: fault => new Probed(null, fault));

    private async Task<string?> ProbeAsync(CancellationToken cancellationToken)
    {
        AmqpConnections connections = _setup.Connections;
        IAmqpConnection connection = await connections.GetAsync(AmqpConnectionRole.Publishing, cancellationToken);
        return await AmqpProbe.FindRefusalAsync(connection, _setup.Options.Settings.DeadLetterPatience, _setup.Options.Time, cancellationToken);
    }

    private void Take(Probed probed)
    {
        // Where there is no connection, that is what the intake says.
        _state.PublishingRefused = probed.Refusal;
        if (probed.Fault is AmqpException { Code: AccessRefused } refused)
        {
            // It stays so: nobody is told of a blocked broker then before a dead letter waits for it.
            IntakeLog.NoProbe(_setup.Options.Logger, refused.Message);
            return;
        }

        if (probed.Fault is not null)
        {
            IntakeLog.ProbeFailed(_setup.Options.Logger, probed.Fault.Message);
        }

        Repeat();
    }

    private void Repeat() => Timers.StartSingleTimer(ProbeNow.Instance, ProbeNow.Instance, _setup.CheckInterval);

    private sealed record ProbeNow : Partitions.Signal<ProbeNow>;
    private sealed record Probed(string? Refusal, Exception? Fault) : INoSerializationVerificationNeeded;
}
