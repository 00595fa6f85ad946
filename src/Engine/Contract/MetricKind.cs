namespace DataLoad.Engine.Contract;

/// <summary>What a <see cref="Metric"/> holds, and so how events add to it and how its column is declared.</summary>
public enum MetricKind
{
    /// <summary>A whole number, summed; column type <c>bigint</c>.</summary>
    Count = 0,

    /// <summary>Money, summed in hundredths; column type <c>decimal(18,2)</c>.</summary>
    Amount = 1,

    /// <summary>The number of distinct non-zero ids seen, kept as an exact set; column type <c>bigint</c>.</summary>
    Distinct = 2,
}
