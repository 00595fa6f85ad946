namespace DataLoad.Host.Api;

/// <summary>A topic's days.</summary>
internal sealed record TopicShape(string Type, int Id, int Shard, IReadOnlyList<TopicShape.TopicPage> Pages)
{
    /// <summary>Its days of a page, newest first.</summary>
    internal sealed record TopicPage(string Page, IReadOnlyList<TopicDay> Days);

    /// <summary>A day.</summary>
    internal sealed record TopicDay(DateOnly Day, string Source, long? SequenceNr, MetricValues Values);
}
