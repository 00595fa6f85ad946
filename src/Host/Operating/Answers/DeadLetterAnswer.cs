namespace DataLoad.Host.Operating.Answers;

/// <summary>A whole dead letter.</summary>
internal sealed record DeadLetterAnswer(
    string Id,
    string Stream,
    string Reason,
    string Error,
    long Received,
    long Bytes,
    string? ContentType,
    string? Queue,
    string? MessageId,
    IReadOnlyDictionary<string, string>? Properties,
    IReadOnlyDictionary<string, string>? Headers,
    string? Body,
    string BodyBase64);
