using System.Text.Json;

namespace DataLoad.Host.Operating.Answers;

/// <summary>A topic's days.</summary>
internal sealed record TopicAnswer(string Type, int Id, int Shard, IReadOnlyList<TopicAnswer.TopicPage> Pages)
{
    /// <summary>Its days of a page, newest first.</summary>
    internal sealed record TopicPage(string Page, IReadOnlyList<TopicDay> Days);

    /// <summary>A day.</summary>
    internal sealed record TopicDay(DateOnly Day, string Source, long? SequenceNr, IReadOnlyDictionary<string, JsonElement> Values);
}
