namespace DataLoad.Simulation.Checking;

/// <summary>A row of a statistics table.</summary>
internal readonly record struct RowKey(string Page, string TopicType, int TopicId, int Day)
{
    public override string ToString() => $"{Page} {TopicType}/{TopicId} {DateOnly.FromDayNumber(Day):yyyy-MM-dd}";
}
