namespace DataLoad.Engine.DeadLetters;

/// <summary>What a listing keeps of a dead letter.</summary>
public sealed record DeadLetterSummary
{
    /// <summary>Its id: the same in every listing, and of equal dead letters.</summary>
    public required UInt128 Id { get; init; }

    /// <summary>The stream that rejected it; empty where it does not say.</summary>
    public required string Stream { get; init; }

    /// <summary>The short code of why.</summary>
    public required string Reason { get; init; }

    /// <summary>The sentence that says why.</summary>
    public required string Error { get; init; }

    /// <summary>Its first receipt, in epoch milliseconds; 0 where it does not say.</summary>
    public required long ReceivedMs { get; init; }

    /// <summary>The size of its body.</summary>
    public required int Bytes { get; init; }

    /// <summary>Its content type, or null.</summary>
    public string? ContentType { get; init; }
}
