using System.Globalization;
using System.Text.Json.Serialization;

namespace DataLoad.Bench.Reporting;

/// <summary>One thing that was measured, in one or more runs.</summary>
public sealed record Figure
{
    /// <summary>What was measured.</summary>
    public required string What { get; init; }

    /// <summary>The unit of the runs and of the goal.</summary>
    public required string Unit { get; init; }

    /// <summary>The figure of each run.</summary>
    public required IReadOnlyList<double> Runs { get; init; }

    /// <summary>What it is to reach, or null where it stands for comparison.</summary>
    public Goal? Goal { get; init; }

    /// <summary>The middle of the runs.</summary>
    [JsonIgnore]
    public double Median
    {
        get
        {
            double[] sorted = [.. Runs.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    /// <summary>A number with as many digits as say something.</summary>
    public static string Show(double value) =>
        value.ToString(Math.Abs(value) switch { >= 100 => "N0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);
}
