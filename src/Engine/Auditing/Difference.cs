namespace DataLoad.Engine.Auditing;

/// <summary>One way in which a statistics row is not what the journal gives.</summary>
public sealed record Difference
{
    /// <summary>How it differs.</summary>
    public required DifferenceKind Kind { get; init; }

    /// <summary>The statistics table.</summary>
    public required string Table { get; init; }

    /// <summary>The topic's type.</summary>
    public required string TopicType { get; init; }

    /// <summary>The topic's id.</summary>
    public required int TopicId { get; init; }

    /// <summary>The day, as <see cref="DateOnly.DayNumber"/>.</summary>
    public required int Day { get; init; }

    /// <summary>The column that differs; null where it is the whole row.</summary>
    public string? Column { get; init; }

    /// <summary>Whether <see cref="RowValue"/> and <see cref="JournalValue"/> are money, in hundredths.</summary>
    public bool IsAmount { get; init; }

    /// <summary>What the row holds, or null where there is none.</summary>
    public long? RowValue { get; init; }

    /// <summary>What the journal gives, or null where it gives none.</summary>
    public long? JournalValue { get; init; }
}
