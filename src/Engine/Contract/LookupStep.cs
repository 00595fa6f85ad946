using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>
/// One step of resolving a message through business rows: a query by an array of keys, one round trip for a batch.
/// </summary>
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
    public int IndexOf(string column)
    {
        for (int i = 0; i < Columns.Length; i++)
        {
            if (string.Equals(Columns[i].Name, column, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return -1;
    }
}
