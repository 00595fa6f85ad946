using Akka.Actor;
using Akka.Streams;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// Runs one graph: starts it again with growing waits when a fault of our own ended it, pauses it, and stops it. A stream that is to stop and
/// waits for a query that fails is given up after a while: its deliveries come back.
/// </summary>
internal sealed class StreamActor : UntypedActor, IWithTimers
{
    private const string Patience = "patience";

    private readonly StreamHandle _handle;
    private readonly Func<IMaterializer, bool, StreamRun> _graph;
    private readonly IntakeOptions _options;
    private readonly bool _startsAtOnce;
    private StreamRun? _run;
    private bool _brokerDelays;
    private bool _isStarted;
    private int _failures;
    private long _startedAt;

    public StreamActor(StreamHandle handle, Func<IMaterializer, bool, StreamRun> graph, bool startsAtOnce, IntakeOptions options)
    {
        _handle = handle;
        _graph = graph;
        _startsAtOnce = startsAtOnce;
        _options = options;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="handle">What is wanted of the graph and shown of it.</param>
    /// <param name="graph">Runs the graph; given whether the broker waits for delayed messages.</param>
    /// <param name="startsAtOnce">Whether it runs without being told that its exchange and queue are there.</param>
    /// <param name="options">What the intake works with.</param>
    public static Props Props(StreamHandle handle, Func<IMaterializer, bool, StreamRun> graph, bool startsAtOnce, IntakeOptions options) =>
        Akka.Actor.Props.Create(() => new StreamActor(handle, graph, startsAtOnce, options)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        if (_handle.IsStopping)
        {
            // Of a life that a fault ended while it stopped.
            _handle.HasDrained();
        }
        else if (_startsAtOnce)
        {
            _isStarted = true;
            Run();
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case StartStream start:
                _brokerDelays = start.BrokerDelays;
                if (!_isStarted)
                {
                    _isStarted = true;
                    Run();
                }

                break;
            case PauseStream when !_handle.IsStopping:
                _handle.IsPaused = true;
                _run?.Pause();
                IntakeLog.Paused(_options.Logger, _handle.Name);
                break;
            case ResumeStream:
                _handle.IsPaused = false;
                _run?.Resume();
                break;
            case StopTaking:
                Stop();
                break;
            case RunEnded ended when ended.Run == _run:
                OnEnded(ended.Fault);
                break;
            case RunAgain:
                Run();
                break;
            case PatienceOver:
                GiveUpWhereStuck();
                break;
            case TakingStopped:
                _handle.HasStopped();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Run()
    {
        if (_handle.IsStopping)
        {
            _handle.HasDrained();
            return;
        }

        _handle.Fault = null;
        _startedAt = _options.Time.GetTimestamp();
        StreamRun run = _run = _graph(Context.Materializer(), _brokerDelays);
        if (_handle.IsPaused)
        {
            run.Pause();
        }

        _ = run.Ended.PipeTo(Self, success: () => new RunEnded(run, null), failure: fault => new RunEnded(run, fault));
    }

    private void Stop()
    {
        _handle.IsPaused = false;
        _handle.IsStopping = true;
        if (_run is not { } run)
        {
            _handle.HasDrained();
            return;
        }

        _ = run.StopTaking().PipeTo(Self, success: () => TakingStopped.Instance, failure: _ => TakingStopped.Instance);
        Timers.StartPeriodicTimer(Patience, PatienceOver.Instance, _options.Settings.Patience, _options.Settings.Backoff.First);
    }

    private void GiveUpWhereStuck()
    {
        if (_handle.State.LookupFailing is { } failing)
        {
            Timers.Cancel(Patience);
            _run?.Abort(new OperationCanceledException($"The stream stops while it waits: {failing}"));
        }
    }

    private void OnEnded(Exception? fault)
    {
        _run = null;
        Timers.Cancel(Patience);
        if (_handle.IsStopping)
        {
            _handle.HasDrained();
            return;
        }

        string error = fault?.Message ?? "its source ended";
        TimeSpan longest = _options.Settings.Backoff.Limit;
        _failures = _options.Time.GetElapsedTime(_startedAt) > longest ? 1 : _failures + 1;
        TimeSpan wait = _options.Settings.Backoff.After(_failures);
        Timers.StartSingleTimer(RunAgain.Instance, RunAgain.Instance, wait);
        IntakeLog.StreamFailed(_options.Logger, fault, _handle.Name, _failures, wait);

        // Last: whoever sees it may count on the rest.
        _handle.Fault = error;
    }

    private sealed record RunEnded(StreamRun Run, Exception? Fault) : INoSerializationVerificationNeeded;

    private sealed class RunAgain
    {
        public static RunAgain Instance { get; } = new();
    }

    private sealed class PatienceOver
    {
        public static PatienceOver Instance { get; } = new();
    }

    private sealed class TakingStopped
    {
        public static TakingStopped Instance { get; } = new();
    }
}
