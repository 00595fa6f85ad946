using System.Collections.Immutable;

namespace DataLoad.Engine.Decoding;

/// <summary>Why a delivery cannot be counted: what its dead letter's headers say.</summary>
/// <param name="Reason">A short stable code, one of <see cref="RejectReason"/>.</param>
/// <param name="Error">A sentence that names the field and its value.</param>
public sealed record Rejection(string Reason, string Error);

/// <summary>The short codes of header <c>x-dataload-reason</c>.</summary>
public static class RejectReason
{
    /// <summary>The body is larger than the limit.</summary>
    public const string TooLarge = "too-large";
    /// <summary>The content type, its charset or the content encoding is not one that is read.</summary>
    public const string ContentType = "content-type";
    /// <summary>The body is not what its content type says, or not an object or key at all.</summary>
    public const string Unreadable = "unreadable";
    /// <summary>A required field is neither in the message nor in the row.</summary>
    public const string MissingField = "missing-field";
    /// <summary>A field's value is of the wrong type or badly written.</summary>
    public const string BadField = "bad-field";
    /// <summary>A value is negative, too large, too long or too fine.</summary>
    public const string OutOfRange = "out-of-range";
    /// <summary>The event's time is before 2000 or more than a day after its receipt.</summary>
    public const string BadTime = "bad-time";
    /// <summary>The <c>x-delay</c> header is not an integer, or asks for longer than is held.</summary>
    public const string BadDelay = "bad-delay";
    /// <summary>The <c>joinType</c> is not one that counts.</summary>
    public const string BadJoinType = "bad-join-type";
    /// <summary>A business row was not there after the last try.</summary>
    public const string NoRow = "no-row";
    /// <summary>A business row holds a value that cannot be counted.</summary>
    public const string BadRow = "bad-row";

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } =
        [TooLarge, ContentType, Unreadable, MissingField, BadField, OutOfRange, BadTime, BadDelay, BadJoinType, NoRow, BadRow];
}

/// <summary>What is wrong with a field's value.</summary>
internal enum FieldError : byte
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>A boolean, object or array stands where a value is due.</summary>
    NotAValue = 1,
    /// <summary>An integer is due, and it is not digits, perhaps signed.</summary>
    NotAnInteger = 2,
    /// <summary>An integer is negative where it must not be, or wider than the field.</summary>
    OutOfRange = 3,
}
