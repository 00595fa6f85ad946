using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>A stream as declared: where its messages come from, what they carry, which rows resolve them, and what each event adds to which metrics.</summary>
public sealed record StreamDefinition
{
    /// <summary>The stream's number in the journal; 1 to 255, never reused.</summary>
    public required byte Id { get; init; }

    /// <summary>The stream's name, as in <c>act.buy</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The fanout exchange that the services publish to.</summary>
    public required string Exchange { get; init; }

    /// <summary>The queue that is consumed.</summary>
    public required string Queue { get; init; }

    /// <summary>The name of the page whose table the stream's events count in.</summary>
    public required string Page { get; init; }

    /// <summary>The fields that a message may carry beside the common ones.</summary>
    public ImmutableArray<MessageField> OwnFields { get; init; } = [];

    /// <summary>The field that a body of one bare key is, or null where the body must be an object.</summary>
    public string? BareKey { get; init; }

    /// <summary>Whether a <c>wuId</c> that is absent or 0 is a missing field.</summary>
    public bool RequiresUser { get; init; }

    /// <summary>The lookups, in order; none where the message holds everything.</summary>
    public ImmutableArray<LookupStep> Lookups { get; init; } = [];

    /// <summary>The place in <see cref="Lookups"/> of the step whose key is the business key, or -1 where there is none.</summary>
    public int BusinessKeyStep { get; init; } = -1;

    /// <summary>Whether <c>ctime</c> of the first step's row is the event's time where the message has none.</summary>
    public bool TimeFromRow { get; init; }

    /// <summary>A field whose presence, like that of <c>ctime</c>, makes the content an identity; null for none.</summary>
    public string? ContentIdentityField { get; init; }

    /// <summary>The older name of <c>channelType</c> on this stream, used where that is empty; null for none.</summary>
    public string? ChannelTypeFallback { get; init; }

    /// <summary>The facts that the stream's events carry.</summary>
    public ImmutableArray<Fact> Facts { get; init; } = [];

    /// <summary>A fact whose value must be one of <see cref="AllowedValues"/>, any other being rejected; null for none.</summary>
    public string? RestrictedFact { get; init; }

    /// <summary>The values that <see cref="RestrictedFact"/> may have.</summary>
    public ImmutableArray<long> AllowedValues { get; init; } = [];

    /// <summary>What each event adds.</summary>
    public required ImmutableArray<Contribution> Contributions { get; init; }

    /// <summary>All fields of a message by slot: the common ones, then the stream's own.</summary>
    public ImmutableArray<MessageField> Fields => [.. CommonField.All, .. OwnFields];

    /// <summary>The slot of a field, or -1.</summary>
    public int SlotOf(string field) => Fields.IndexOf(declared => declared.Name, field);

    /// <summary>The place of a fact, or -1.</summary>
    public int FactIndex(string fact) => Facts.IndexOf(declared => declared.Name, fact);

    /// <summary>The place of a lookup step, or -1.</summary>
    public int StepIndex(string step) => Lookups.IndexOf(declared => declared.Name, step);
}

/// <summary>Finds what is declared by its name.</summary>
internal static class Declared
{
    /// <summary>The place of the first item of that name, or -1.</summary>
    public static int IndexOf<T>(this ImmutableArray<T> items, Func<T, string> nameOf, string name)
    {
        for (int i = 0; i < items.Length; i++)
        {
            if (string.Equals(nameOf(items[i]), name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}

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
