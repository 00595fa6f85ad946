using System.Diagnostics;
using System.Globalization;

namespace DataLoad.Bench.Drain;

/// <summary>How a contender's process tells how long its drain took: its last line, seconds since the first delivery and of its CPU.</summary>
internal static class DrainTime
{
    public static void Print(long firstDelivery) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{Stopwatch.GetElapsedTime(firstDelivery).TotalSeconds:0.000} {Environment.CpuUsage.TotalTime.TotalSeconds:0.000}"));

    public static (double Seconds, double CpuSeconds) Parse(string output)
    {
        double[] numbers = [.. output.Trim().Split('\n')[^1].Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return (numbers[0], numbers[1]);
    }
}
