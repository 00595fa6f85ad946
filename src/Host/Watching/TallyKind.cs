namespace DataLoad.Host.Watching;

/// <summary>What is counted of a stream.</summary>
internal enum TallyKind
{
    /// <summary>Deliveries from the broker.</summary>
    Deliveries = 0,

    /// <summary>Events counted.</summary>
    Events,

    /// <summary>Duplicates.</summary>
    Duplicates,

    /// <summary>Events without identity.</summary>
    Unidentified,

    /// <summary>Lookups that are tried again.</summary>
    Retries,

    /// <summary>Deliveries parked.</summary>
    Parked,

    /// <summary>Dead letters.</summary>
    DeadLetters,

    /// <summary>How many kinds there are.</summary>
    Count,
}
