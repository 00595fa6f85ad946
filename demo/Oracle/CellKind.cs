namespace DataLoad.Demo;

/// <summary>What a column of a statistics table holds.</summary>
public enum CellKind
{
    /// <summary>A sum of whole numbers.</summary>
    Count,

    /// <summary>The size of an exact distinct set.</summary>
    Distinct,

    /// <summary>A sum of money, exact to two decimals.</summary>
    Amount,
}
