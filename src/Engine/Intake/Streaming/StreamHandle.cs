namespace DataLoad.Engine.Intake.Streaming;

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
