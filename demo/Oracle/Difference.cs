using System.Globalization;

namespace DataLoad.Demo;

/// <summary>A cell that is not what it should be; a whole row is missing or unexpected where the column is <c>*</c>.</summary>
public sealed record Difference(RowKey Key, string Column, string Expected, string Actual)
{
    /// <inheritdoc />
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Key} column {Column}: expected {Expected}, but it is {Actual}");
}
