namespace DataLoad.Engine.DeadLetters;

/// <summary>What the publishing of dead letters says of itself; written by its actor, read by anybody.</summary>
public sealed class DeadLetterState
{
    private volatile string? _failing;
    private volatile int _aside;

    /// <summary>Why dead letters cannot be published at the moment, or null.</summary>
    public string? Failing
    {
        get => _failing;
        internal set => _failing = value;
    }

    /// <summary>How many dead letters are set aside in the store, to be published later, as far as this node knows.</summary>
    public int SetAside
    {
        get => _aside;
        internal set => _aside = value;
    }
}
