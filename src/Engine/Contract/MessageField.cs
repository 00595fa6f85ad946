using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>One field that a stream's message may carry.</summary>
/// <param name="Name">The exact, case-sensitive JSON name.</param>
/// <param name="Kind">How it is read.</param>
public sealed record MessageField(string Name, FieldKind Kind)
{
    /// <summary>Whether a message that lacks it is rejected. Null and the empty string count as lacking.</summary>
    public bool Required { get; init; }

    /// <summary>Whether a negative integer is accepted.</summary>
    public bool AllowNegative { get; init; }
}

/// <summary>How a message field is read.</summary>
public enum FieldKind
{
    /// <summary>A string; a JSON number is taken as its text.</summary>
    Text = 0,
    /// <summary>An integer of 32 bits: digits, perhaps signed, bare or as a JSON string.</summary>
    Int32 = 1,
    /// <summary>An integer of 64 bits, written like <see cref="Int32"/>.</summary>
    Int64 = 2,
}

/// <summary>The common parameters: the fields that every message may carry. Their numbers are their slots among a stream's
/// <see cref="StreamDefinition.Fields"/>; a stream's own fields follow from <see cref="Count"/> on.</summary>
public static class CommonField
{
    /// <summary>The slots of the fields, each named like its field.</summary>
    public const int
        SessionStr = 0, ParentTopicType = 1, ParentTopicId = 2, TopicType = 3, TopicId = 4, QrCode = 5, WuId = 6, ChannelType = 7, Ctime = 8;

    /// <summary>How many common fields there are; the first slot of a stream's own fields.</summary>
    public const int Count = 9;

    /// <summary>The common fields in slot order, none of them required.</summary>
    public static ImmutableArray<MessageField> All { get; } =
    [
        new("sessionStr", FieldKind.Text),
        new("parentTopicType", FieldKind.Text),
        new("parentTopicId", FieldKind.Int32),
        new("topicType", FieldKind.Text),
        new("topicId", FieldKind.Int32),
        new("qrCode", FieldKind.Text),
        new("wuId", FieldKind.Int32),
        new("channelType", FieldKind.Text),
        // Negative is not refused here: it is a time before 2000, and is rejected as one.
        new("ctime", FieldKind.Int64) { AllowNegative = true },
    ];
}
