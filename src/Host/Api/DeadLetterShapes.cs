using System.Globalization;
using System.Text.Json.Serialization;
using DataLoad.Engine.DeadLetters;

namespace DataLoad.Host.Api;

/// <summary>A page of dead letters.</summary>
internal sealed record DeadLetterList(long Total, long At, int Offset, int Limit, IReadOnlyList<DeadLetterEntry> Items);

/// <summary>A dead letter in a list.</summary>
internal sealed record DeadLetterEntry(string Id, string Stream, string Reason, string Error, long Received, int Bytes, string? ContentType)
{
    public static DeadLetterEntry Of(DeadLetterSummary letter) =>
        new(Show(letter.Id), letter.Stream, letter.Reason, letter.Error, letter.ReceivedMs, letter.Bytes, letter.ContentType);

    public static string Show(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);

    public static UInt128 IdOf(string id) =>
        id.Length == 32 && UInt128.TryParse(id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value)
        ? value
        : throw ApiProblem.Bad($"id = {(id.Length <= 100 ? id : id[..100])}: expected 32 hexadecimal digits, as a list shows them.");
}

/// <summary>Dead letters by stream and reason.</summary>
internal sealed record DeadLetterGroups(long Total, long At, bool Complete, IReadOnlyList<DeadLetterGroups.Group> Groups)
{
    /// <summary>Those of a stream and reason.</summary>
    internal sealed record Group(string Stream, string Reason, long Count, long Oldest, long Newest, string Example, string ExampleId);
}

/// <summary>A whole dead letter.</summary>
internal sealed record DeadLetterDetails
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

/// <summary>Which dead letters are to be moved or removed.</summary>
internal sealed record DeadLetterRequest
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Stream { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Ids { get; init; }

    public bool All { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Limit { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Confirm { get; init; }
}

/// <summary>A dead letter's corrected body.</summary>
internal sealed record DeadLetterEdit(string? Body, string? BodyBase64, string? ContentType);

/// <summary>What was moved.</summary>
internal sealed record DeadLetterMoveResult(long Moved, long Left, long Skipped);
