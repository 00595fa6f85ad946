using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>The columns that a business row which describes a whole event has: the common parameters but <c>ctime</c>.</summary>
public static class CommonColumn
{
    /// <summary>The columns in the order of <see cref="CommonField"/>'s slots 0 to 7.</summary>
    public static ImmutableArray<RowColumn> All { get; } =
    [
        new("session_str", ColumnKind.Text),
        new("parent_topic_type", ColumnKind.Text),
        new("parent_topic_id", ColumnKind.Int32),
        new("topic_type", ColumnKind.Text),
        new("topic_id", ColumnKind.Int32),
        new("qr_code", ColumnKind.Text),
        new("wu_id", ColumnKind.Int32),
        new("channel_type", ColumnKind.Text),
    ];
}
