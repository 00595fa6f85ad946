using DataLoad.Host.Hocon;

namespace DataLoad.Host.Settings;

/// <summary>Reads <c>dataload.console</c>.</summary>
internal static class ConsoleBinder
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(100);

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static ConsoleSettings Bind(HoconConfig config) => new()
    {
        History = config.GetInt("dataload.console.history", 0, 100_000),
        ConnectTimeout = config.GetDuration("dataload.console.connect-timeout", Least, Day),
        AnswerTimeout = config.GetDuration("dataload.console.answer-timeout", Least, Day),
        WatchInterval = config.GetDuration("dataload.console.watch-interval", Least, Day),
    };
}
