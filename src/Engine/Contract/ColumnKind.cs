namespace DataLoad.Engine.Contract;

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
