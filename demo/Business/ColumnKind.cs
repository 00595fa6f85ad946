namespace DataLoad.Demo;

/// <summary>The kinds of column of the reference schema.</summary>
public enum ColumnKind
{
    /// <summary>A 32-bit integer.</summary>
    Int,

    /// <summary>A 16-bit integer.</summary>
    SmallInt,

    /// <summary>A 64-bit integer: epoch milliseconds.</summary>
    BigInt,

    /// <summary>A boolean.</summary>
    Bool,

    /// <summary><c>numeric(12,2)</c>: money.</summary>
    Money,

    /// <summary>A short text.</summary>
    Varchar,

    /// <summary>A long text.</summary>
    Text,
}
