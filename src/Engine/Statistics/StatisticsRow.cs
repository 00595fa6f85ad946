namespace DataLoad.Engine.Statistics;

/// <summary>One row of a statistics table: the absolute values of a Counter at a SequenceNr.</summary>
public sealed record StatisticsRow
{
    /// <summary>The Partition that the row's topic is of; -1 in a row that was read.</summary>
    public int Shard { get; init; } = -1;

    /// <summary>The epoch under which it is written.</summary>
    public long Epoch { get; init; }

    /// <summary>The topic's type.</summary>
    public required string TopicType { get; init; }

    /// <summary>The topic's id.</summary>
    public required int TopicId { get; init; }

    /// <summary>The day, as <see cref="DateOnly.DayNumber"/>.</summary>
    public required int Day { get; init; }

    /// <summary>The SequenceNr that the values hold at; null in a row that the engine did not write.</summary>
    public required long? SequenceNr { get; init; }

    /// <summary>The values in the order of the page's metrics; amounts in hundredths.</summary>
    public required long[] Values { get; init; }
}
