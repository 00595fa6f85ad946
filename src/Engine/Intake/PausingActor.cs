using Akka.Actor;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Intake;

/// <summary>Looks every so often which streams are paused in the store, and pauses or resumes what another node was told to.</summary>
internal sealed class PausingActor : ReceiveActor, IWithTimers
{
    private readonly StreamIntake _intake;
    private StoreCalls _calls = null!;

    // What the last look found; what was changed here since, the next one finds.
    private HashSet<string>? _paused;

    public PausingActor(StreamIntake intake)
    {
        _intake = intake;
        Receive<Look>(_ => Ask());
        Receive<StoreReply>(reply => _calls.Handle(reply));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(StreamIntake intake) => Akka.Actor.Props.Create(() => new PausingActor(intake)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        IntakeOptions options = _intake.Setup.Options;
        _calls = new StoreCalls(Self, Timers, options.Settings.Backoff, options.Logger, "Intake");
        Ask();
    }

    protected override void PostStop() => _calls.End();

    private void Ask() =>
        _calls.Start("looking which streams are paused", token => _intake.Setup.PausedStreams!.ListAsync(token).AsTask(), Take);

    private void Take(IReadOnlyList<string> found)
    {
        HashSet<string> before = _paused ?? found.ToHashSet(StringComparer.Ordinal);
        _paused = found.ToHashSet(StringComparer.Ordinal);
        foreach (string stream in _paused.Except(before, StringComparer.Ordinal))
        {
            _intake.Pause(stream);
        }

        foreach (string stream in before.Except(_paused, StringComparer.Ordinal))
        {
            _intake.Resume(stream);
        }

        Timers.StartSingleTimer(Look.Instance, Look.Instance, _intake.Setup.Options.Settings.PauseInterval);
    }

    private sealed record Look : Signal<Look>;
}
