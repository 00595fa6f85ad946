namespace DataLoad.Engine.Contract;

/// <summary>One result column of a business query.</summary>
/// <param name="Name">The exact name of the result column.</param>
/// <param name="Kind">How it is read.</param>
public sealed record RowColumn(string Name, ColumnKind Kind);
