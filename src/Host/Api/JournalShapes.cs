using System.Text.Json.Serialization;

namespace DataLoad.Host.Api;

/// <summary>A page of journal entries, and behind which place the next one begins: <c>SequenceNr.index</c>.</summary>
internal sealed record JournalPage(int Shard, IReadOnlyList<CountedEvent> Entries, string? Next);

/// <summary>A journal entry, decoded. Who it was about is told to operators alone, when they ask.</summary>
internal sealed record CountedEvent
{
    public required int Shard { get; init; }

    /// <summary>The number of its block.</summary>
    public required long SequenceNr { get; init; }

    /// <summary>Its place in that block, from 0.</summary>
    public required int Index { get; init; }

    public required long JournaledAt { get; init; }

    public required string Stream { get; init; }

    public required string Type { get; init; }

    public required int Id { get; init; }

    public required DateOnly Day { get; init; }

    public required long Time { get; init; }

    public required string Identity { get; init; }

    public string? ChannelType { get; init; }

    public string? QrCode { get; init; }

    public string? ParentType { get; init; }

    public int? ParentId { get; init; }

    public required NamedValues Facts { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UserId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Session { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BusinessKey { get; init; }
}

/// <summary>How many events were not shown since the last word of it.</summary>
internal sealed record DroppedEvents(long Count);
