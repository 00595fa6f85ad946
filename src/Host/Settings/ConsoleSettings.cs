using DataLoad.Host.Hocon;

namespace DataLoad.Host.Settings;

/// <summary>How the commands that ask a running node behave.</summary>
public sealed record ConsoleSettings
{
    /// <summary>How many lines the console remembers.</summary>
    public int History { get; init; } = 1000;

    /// <summary>How long connecting to a node may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a node may take for an answer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often <c>--watch</c> looks.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);
}

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
