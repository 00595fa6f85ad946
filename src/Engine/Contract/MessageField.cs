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
