using Akka.Actor;
using Akka.Streams;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Runs one graph: starts it again with growing waits when a fault of our own ended it, pauses it, and stops it. A stream that is to stop and waits
/// for a query that fails is given up after a while: its deliveries come back.</summary>
internal sealed class StreamActor : ReceiveActor, IWithTimers
{
    private const string Patience = "patience";
    private const string Restart = "restart";

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
        (_handle, _graph, _startsAtOnce, _options) = (handle, graph, startsAtOnce, options);
        Receive<StartStream>(start => Start(start.BrokerDelays));
        Receive<PauseStream>(_ => !_handle.IsStopping, _ => Pause());
        Receive<ResumeStream>(_ => Resume());
        Receive<StopTaking>(_ => Stop());
        Receive<RunEnded>(ended => ended.Run == _run, ended => OnEnded(ended.Fault));
        Receive<RunAgain>(_ => Run());
        Receive<PatienceOver>(_ => GiveUpWhereStuck());
        Receive<TakingStopped>(_ => _handle.HasStopped());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Runs a graph, given whether the broker waits for delayed messages: at once, or when its exchange and queue are there.</summary>
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
            Start(brokerDelays: false);
        }
    }

    private void Start(bool brokerDelays)
    {
        _brokerDelays = brokerDelays;
        if (!_isStarted)
        {
            _isStarted = true;
            Run();
        }
    }

    private void Pause()
    {
        _handle.IsPaused = true;
        _run?.Pause();
        IntakeLog.Paused(_options.Logger, _handle.Name);
    }

    private void Resume()
    {
        _handle.IsPaused = false;
        _run?.Resume();
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

        _ = run.StopTaking().PipeTo(Self, success: () => new TakingStopped(), failure: _ => new TakingStopped());
        Timers.StartPeriodicTimer(Patience, new PatienceOver(), _options.Settings.Patience, _options.Settings.Backoff.First);
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
        Timers.StartSingleTimer(Restart, new RunAgain(), wait);
        IntakeLog.StreamFailed(_options.Logger, fault, _handle.Name, _failures, wait);

        // Last: whoever sees it may count on all else.
        _handle.Fault = error;
    }

    private sealed record RunEnded(StreamRun Run, Exception? Fault) : INoSerializationVerificationNeeded;
    private sealed record RunAgain;
    private sealed record PatienceOver;
    private sealed record TakingStopped;
}

/// <summary>What is wanted of a graph and shown of it; outlives the actors and graphs that a fault makes one after another. Written by its
/// <see cref="StreamActor"/>, read by anybody.</summary>
/// <param name="name">The graph's name.</param>
internal sealed class StreamHandle(string name)
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => name;

    /// <summary>What the graph's stages say.</summary>
    public StreamState State { get; } = new();

    /// <summary>Why the graph was started again and waits for that, or null.</summary>
    public string? Fault { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    public bool IsPaused { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }
    public bool IsStopping { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Done when nothing more is taken, after it was asked for.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Done when, after that, all that was taken is accepted and acknowledged, or was given back.</summary>
    public Task Drained => _drained.Task;

    /// <summary>What it waits for, or null.</summary>
    public string? Failing => IsPaused ? null : Fault ?? State.LookupFailing ?? State.DispatchFailing;

    public void HasStopped() => _stopped.TrySetResult();

    public void HasDrained()
    {
        _stopped.TrySetResult();
        _drained.TrySetResult();
    }
}

/// <summary>What the stages of a stream's graph say of themselves, written by them, read by anybody; and what all of its graphs are to keep to.</summary>
internal sealed class StreamState
{
    /// <summary>Why its queries fail, or null.</summary>
    public string? LookupFailing { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Which Partition does not accept, or null.</summary>
    public string? DispatchFailing { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Whether a delivery said that its queue counts them: its type is not always known otherwise, as a broker may make all queues so.</summary>
    public bool CountsDeliveries { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>How many batches are sent and not accepted.</summary>
    public int Unaccepted { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    /// <summary>Whether the node leaves, and Partitions are sent nothing more.</summary>
    public bool IsLeaving { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }
}

/// <summary>What is asked of the intake as a whole and of each <see cref="StreamActor"/>; answered by nothing: <see cref="StreamHandle"/> shows it.</summary>
internal interface IStreamCommand;

/// <summary>Runs a stream, whose exchange and queue are there; says whether the broker waits for delayed messages itself.</summary>
internal sealed record StartStream(string Stream, bool BrokerDelays) : IStreamCommand;

/// <summary>Takes nothing of a stream until it is resumed; what was taken becomes durable and is acknowledged, or is given back.</summary>
internal sealed record PauseStream(string Stream) : IStreamCommand;

/// <summary>Goes on with a paused stream.</summary>
internal sealed record ResumeStream(string Stream) : IStreamCommand;

/// <summary>Takes nothing more of any stream, for good; what was taken becomes durable and is acknowledged.</summary>
internal sealed record StopTaking : IStreamCommand;
