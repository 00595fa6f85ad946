namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// What is wanted of a graph and shown of it; outlives the actors and graphs that a fault makes one after another. Written by its
/// <see cref="StreamActor"/>, read by anybody.
/// </summary>
/// <param name="name">The graph's name.</param>
internal sealed class StreamHandle(string name)
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _fault;
    private volatile bool _isPaused;
    private volatile bool _isStopping;

    public string Name => name;

    /// <summary>What the graph's stages say.</summary>
    public StreamState State { get; } = new();

    /// <summary>Why the graph was started again and waits for that, or null.</summary>
    public string? Fault
    {
        get => _fault;
        set => _fault = value;
    }

    public bool IsPaused
    {
        get => _isPaused;
        set => _isPaused = value;
    }

    public bool IsStopping
    {
        get => _isStopping;
        set => _isStopping = value;
    }

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
