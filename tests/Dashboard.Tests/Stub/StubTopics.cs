using System.Globalization;
using DataLoad.Engine.Contract;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>Ten thousand topics whose numbers follow from their id and the day.</summary>
internal static class StubTopics
{
    public const int Count = 10_000;

    public static readonly DateOnly Today = new(2026, 3, 2);

    private static readonly string[] Types = ["ACTIVITY", "COUPON", "GROUP"];

    /// <summary>A type that would be harmful where text were taken for markup.</summary>
    public const string Markup = "<img src=x onerror=alert(1)>";

    public static IReadOnlyList<(string Type, int Id)> All { get; } =
        [.. Enumerable.Range(1, Count).Select(id => (id == Count ? Markup : Types[id % Types.Length], id))];

    /// <summary>The metric that was declared last of those of activities.</summary>
    public static Metric LastOfActivities { get; } = Catalog.Default.PageNamed("act").Metrics[^1];

    /// <summary>A topic's metric on a day, in units (hundredths of an amount).</summary>
    public static long Value(Metric metric, int id, DateOnly day)
    {
        int place = metric.Column.Sum(letter => letter) % 7;
        long wave = 100 + (day.DayNumber * 13 % 29);
        return metric.Column switch
        {
            "visit_cnt" => id * wave / 100,
            "pay_amount" => (id * 1234L * wave / 100) + 50,
            _ when metric.Column.Contains("lottery", StringComparison.Ordinal) => 0,
            _ => id % (10 + place) * wave / (place + 20),
        };
    }

    /// <summary>As the API writes it.</summary>
    public static object Write(Metric metric, long value) => metric.Kind == MetricKind.Amount
        ? (value / 100m).ToString("F2", CultureInfo.InvariantCulture)
        : value;

    /// <summary>As the API writes what is of several rows: different people do not add up.</summary>
    public static object? WriteSum(Metric metric, long value) => metric.Kind == MetricKind.Distinct ? null : Write(metric, value);

    public static IEnumerable<DateOnly> Days(DateOnly from, DateOnly to)
    {
        for (DateOnly day = from; day <= to; day = day.AddDays(1))
        {
            yield return day;
        }
    }

    public static long Sum(Metric metric, int id, DateOnly from, DateOnly to) => Days(from, to).Sum(day => Value(metric, id, day));

    public static long Total(Metric metric, DateOnly day) => All.Sum(topic => Value(metric, topic.Id, day));
}
