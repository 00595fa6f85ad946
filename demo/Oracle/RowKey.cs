using System.Globalization;

namespace DataLoad.Demo;

/// <summary>The primary key of a statistics row, with its table.</summary>
public readonly record struct RowKey(string Table, string TopicType, int TopicId, DateOnly Day)
{
    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Table} topic ({TopicType}, {TopicId}) day {Day:yyyy-MM-dd}");
}
