using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>One step of resolving a message through business rows: a query by an array of keys, one round trip for a batch.</summary>
public sealed record LookupStep
{
    /// <summary>The name of the query, which is that of the table in the reference schema; unique within a stream.</summary>
    public required string Name { get; init; }

    /// <summary>Where the step's key comes from.</summary>
    public required LookupKey Key { get; init; }

    /// <summary>The result columns beside <c>id</c>, which every query returns first.</summary>
    public required ImmutableArray<RowColumn> Columns { get; init; }

    /// <summary>The place in <see cref="Columns"/> of the first of <see cref="CommonColumn.All"/>, or -1 where the row has them not.</summary>
    public int CommonAt { get; init; } = -1;

    /// <summary>The place of the column of that name, or -1.</summary>
    public int IndexOf(string column) => Columns.IndexOf(declared => declared.Name, column);
}

/// <summary>Where a <see cref="LookupStep"/> takes its key from.</summary>
/// <param name="Source">The kind of place.</param>
/// <param name="Name">A message field, a field of the record's <c>data</c>, or a column of the step before.</param>
public sealed record LookupKey(LookupKeySource Source, string Name)
{
    /// <summary>The key is a field of the message.</summary>
    public static LookupKey Message(string field) => new(LookupKeySource.Message, field);

    /// <summary>The key is a field of the JSON object in column <c>data</c> of the step before.</summary>
    public static LookupKey Data(string field) => new(LookupKeySource.Data, field);

    /// <summary>The key is a column of the step before.</summary>
    public static LookupKey Column(string column) => new(LookupKeySource.Column, column);
}

/// <summary>The kinds of place a lookup's key may come from.</summary>
public enum LookupKeySource
{
    /// <summary>A field of the message.</summary>
    Message = 0,
    /// <summary>A field of the JSON object in column <c>data</c> of the row before.</summary>
    Data = 1,
    /// <summary>A column of the row before.</summary>
    Column = 2,
}

/// <summary>One result column of a business query.</summary>
/// <param name="Name">The exact name of the result column.</param>
/// <param name="Kind">How it is read.</param>
public sealed record RowColumn(string Name, ColumnKind Kind);

/// <summary>How a result column of a business query is read.</summary>
public enum ColumnKind
{
    /// <summary>A non-negative integer of 32 bits; null is 0.</summary>
    Int32 = 0,
    /// <summary>A time in epoch milliseconds; null and 0 are absent.</summary>
    Time = 1,
    /// <summary>Money, not negative, with at most two decimals; null is 0.</summary>
    Amount = 2,
    /// <summary>True or false, or an integer where 0 is false; null is false.</summary>
    Flag = 3,
    /// <summary>Text; null is absent.</summary>
    Text = 4,
    /// <summary>An integer of 32 bits of either sign, whose value means something by itself; null is 0.</summary>
    Code = 5,
}

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
