using System.Text.Json;

namespace DataLoad.Host.Operating.Answers;

/// <summary>An event as it was counted.</summary>
internal sealed record CountedAnswer(
    int Shard,
    long SequenceNr,
    string Stream,
    string Type,
    int Id,
    DateOnly Day,
    long Time,
    string? Identity,
    IReadOnlyDictionary<string, JsonElement>? Facts,
    int? UserId,
    string? Session,
    long? BusinessKey);
