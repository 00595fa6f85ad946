namespace DataLoad.Engine.Statistics;

/// <summary>Which topics are asked for, and in which order.</summary>
public sealed record TopicQuery
{
    /// <summary>Topic type and days; its page and topic id are not looked at.</summary>
    public StatisticsFilter Filter { get; init; } = StatisticsFilter.All;

    /// <summary>A text that <c>type/id</c> contains, letters A to Z in either case; null for all.</summary>
    public string? Search { get; init; }

    /// <summary>The place of the metric that decides the order; null for type and id.</summary>
    public int? Sort { get; init; }

    /// <summary>Whether the largest come first. Topics of equal value come in the order of type and id.</summary>
    public bool Descending { get; init; } = true;

    /// <summary>How many are passed over.</summary>
    public int Offset { get; init; }

    /// <summary>How many at the most.</summary>
    public int Limit { get; init; } = 50;
}
