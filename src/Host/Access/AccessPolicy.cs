namespace DataLoad.Host.Access;

/// <summary>How an endpoint is guarded.</summary>
internal enum AccessPolicy
{
    /// <summary>Anyone: it tells nothing, as a login page.</summary>
    Open = 0,

    /// <summary>Anyone, under any name beyond loopback: those that watch over processes seldom know theirs.</summary>
    Health,

    /// <summary>Anyone on a node that answers on loopback alone, else the reader.</summary>
    Metrics,

    /// <summary>Who may read.</summary>
    Reader,

    /// <summary>Who may change.</summary>
    Operator,

    /// <summary>Who shows the node's secret, which the endpoint itself looks at.</summary>
    NodeSecret,
}

/// <summary>Who may call an endpoint. One that has no rule is refused to all.</summary>
/// <param name="Policy">How it is guarded.</param>
internal sealed record AccessRule(AccessPolicy Policy);
