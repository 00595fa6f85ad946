using System.Text.Json.Serialization;

namespace DataLoad.Host.Commands.Operating.DeadLetters;

/// <summary>Which dead letters a node is to move or remove.</summary>
internal sealed record DeadOrder
{
    /// <summary>Those of this stream.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Stream { get; init; }

    /// <summary>Those of this reason.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>These.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Ids { get; init; }

    /// <summary>All.</summary>
    public bool All { get; init; }

    /// <summary>At the most so many.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Limit { get; init; }

    /// <summary>How many there were when they were counted; a purge of more or fewer is refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Confirm { get; init; }
}
