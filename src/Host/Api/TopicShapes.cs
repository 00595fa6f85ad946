namespace DataLoad.Host.Api;

/// <summary>A page of topics.</summary>
internal sealed record TopicList(string Page, DateOnly From, DateOnly To, string Sort, string Order, int Offset, int Limit, long Total,
    IReadOnlyList<TopicList.TopicRow> Items)
{
    /// <summary>A topic with its sums.</summary>
    internal sealed record TopicRow(string Type, int Id, int Days, NamedValues Values);
}

/// <summary>A topic's days.</summary>
internal sealed record TopicDetails(string Type, int Id, int Shard, IReadOnlyList<TopicDetails.TopicPage> Pages)
{
    /// <summary>Its days of a page, newest first.</summary>
    internal sealed record TopicPage(string Page, IReadOnlyList<TopicDay> Days);

    /// <summary>A day.</summary>
    internal sealed record TopicDay(DateOnly Day, string Source, long? SequenceNr, NamedValues Values);
}

/// <summary>The sums of every page.</summary>
internal sealed record TotalsList(DateOnly From, DateOnly To, IReadOnlyList<TotalsList.PageTotals> Pages)
{
    /// <summary>A page's sums.</summary>
    internal sealed record PageTotals(string Page, long Topics, NamedValues Values);
}

/// <summary>A page's sums a day.</summary>
internal sealed record DailySeries(string Page, IReadOnlyList<string> Metrics, IReadOnlyList<DailySeries.DayTotals> Days)
{
    /// <summary>A day's sums.</summary>
    internal sealed record DayTotals(DateOnly Day, NamedValues Values);
}
