namespace DataLoad.Demo;

/// <summary>
/// The day of an instant in Shanghai. China has had one zone without summer time since 1991, so that a fixed
/// offset is exact for every time that the contract admits (from 2000 on) and needs no zone data.
/// </summary>
public static class StatDay
{
    /// <summary>Asia/Shanghai's distance from UTC.</summary>
    public static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    /// <summary>The first instant that is not rejected, 2000-01-01T00:00Z, in epoch milliseconds.</summary>
    public const long FirstMilliseconds = 946_684_800_000;

    /// <summary>The day in Shanghai of an instant in epoch milliseconds.</summary>
    public static DateOnly Of(long epochMilliseconds) =>
        DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(epochMilliseconds).ToOffset(Offset).DateTime);

    /// <summary>The first instant of a day in Shanghai, in epoch milliseconds.</summary>
    public static long Begins(DateOnly day) => new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), Offset).ToUnixTimeMilliseconds();
}
