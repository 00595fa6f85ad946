namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What the stages of a stream's graph say of themselves, written by them, read by anybody; and what all of its graphs are to keep to.</summary>
internal sealed class StreamState
{
    private volatile string? _lookupFailing;
    private volatile string? _dispatchFailing;
    private volatile int _unaccepted;
    private volatile bool _isLeaving;

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

    /// <summary>Whether the node leaves, and Partitions are sent nothing more.</summary>
    public bool IsLeaving
    {
        get => _isLeaving;
        set => _isLeaving = value;
    }
}
