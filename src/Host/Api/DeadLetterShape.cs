namespace DataLoad.Host.Api;

/// <summary>A whole dead letter.</summary>
internal sealed record DeadLetterShape
{
    public required string Id { get; init; }

    public required string Stream { get; init; }

    public required string Reason { get; init; }

    public required string Error { get; init; }

    public required long Received { get; init; }

    public required int Bytes { get; init; }

    public required string? ContentType { get; init; }

    public required string? Queue { get; init; }

    public required string? MessageId { get; init; }

    public required long? Timestamp { get; init; }

    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required string? Body { get; init; }

    public required string BodyBase64 { get; init; }
}
