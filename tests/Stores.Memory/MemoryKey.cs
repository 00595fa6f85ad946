using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>A statistics row's key, ordered as the databases do: text by code point, then number, then day.</summary>
internal readonly record struct MemoryKey(string TopicType, int TopicId, int Day, BreakdownValue? Part = null) : IComparable<MemoryKey>
{
    public static MemoryKey Of(StatisticsRow row) => new(row.TopicType, row.TopicId, row.Day, row.Part);

    public int CompareTo(MemoryKey other)
    {
        int order = CompareText(TopicType, other.TopicType);
        order = order != 0 ? order : TopicId.CompareTo(other.TopicId);
        order = order != 0 ? order : Day.CompareTo(other.Day);
        return order != 0 || Part is not { } part || other.Part is not { } than ? order
            : CompareText(part.Text, than.Text) is var text && text != 0 ? text : part.Id.CompareTo(than.Id);
    }

    private static int CompareText(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        return common == left.Length || common == right.Length
            ? left.Length.CompareTo(right.Length)
            : CodePointOrder(left[common]).CompareTo(CodePointOrder(right[common]));
    }

    // UTF-16 orders characters beyond the first plane, which are surrogates, before some within it.
    private static int CodePointOrder(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
