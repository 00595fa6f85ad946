namespace DataLoad.Host.Api;

/// <summary>Which dead letters are to be moved or removed.</summary>
internal sealed record DeadLetterRequest
{
    public string? Stream { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<string>? Ids { get; init; }

    public bool All { get; init; }

    public int? Limit { get; init; }

    public long? Confirm { get; init; }
}
