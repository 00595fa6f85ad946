using System.Globalization;

namespace DataLoad.Bench.Reporting;

/// <summary>What a figure is to reach.</summary>
/// <param name="Value">The bound, in the figure's unit.</param>
/// <param name="IsFloor">Whether the figure is to be at least that much; else at most.</param>
public sealed record Goal(double Value, bool IsFloor)
{
    /// <summary>The figure is to be at least that much.</summary>
    public static Goal AtLeast(double value) => new(value, IsFloor: true);

    /// <summary>The figure is to be at most that much.</summary>
    public static Goal AtMost(double value) => new(value, IsFloor: false);

    /// <summary>Whether a figure reaches it.</summary>
    public bool IsReachedBy(double figure) => IsFloor ? figure >= Value : figure <= Value;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsFloor ? "at least" : "at most")} {Figure.Show(Value)}");
}
