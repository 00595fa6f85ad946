namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What the stages of a stream's graph say of themselves; written by them, read by anybody.</summary>
internal sealed class StreamState
{
    private volatile string? _lookupFailing;
    private volatile string? _dispatchFailing;
    private volatile int _unaccepted;

    /// <summary>Why its queries fail, or null.</summary>
    public string? LookupFailing
    {
        get => _lookupFailing;
        set => _lookupFailing = value;
    }

    /// <summary>Which Partition does not accept, or null.</summary>
    public string? DispatchFailing
    {
        get => _dispatchFailing;
        set => _dispatchFailing = value;
    }

    /// <summary>How many batches are sent and not accepted.</summary>
    public int Unaccepted
    {
        get => _unaccepted;
        set => _unaccepted = value;
    }
}
