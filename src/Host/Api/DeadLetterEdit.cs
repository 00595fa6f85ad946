namespace DataLoad.Host.Api;

/// <summary>A dead letter's corrected body.</summary>
internal sealed record DeadLetterEdit(string? Body, string? BodyBase64, string? ContentType);
