using System.Globalization;

namespace DataLoad.Demo;

/// <summary>The primary key of a statistics row, with its table.</summary>
public readonly record struct RowKey(string Table, string TopicType, int TopicId, DateOnly Day)
{
    /// <summary>The carrier page, in the table of that breakdown; null in the others.</summary>
    public (string Type, int Id)? Parent { get; init; }

    /// <inheritdoc />
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Table} topic ({TopicType}, {TopicId}) day {Day:yyyy-MM-dd}{(Parent is { } parent ? $" parent ({parent.Type}, {parent.Id})" : "")}");
}
