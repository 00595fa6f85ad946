using System.Text.Json;

namespace DataLoad.Host.Operating.Answers;

/// <summary>A page of topics.</summary>
internal sealed record TopicListAnswer(string Page, DateOnly From, DateOnly To, string Sort, int Offset, long Total, IReadOnlyList<TopicListAnswer.TopicRow> Items)
{
    /// <summary>A topic with its sums.</summary>
    internal sealed record TopicRow(string Type, int Id, int Days, IReadOnlyDictionary<string, JsonElement> Values);
}
