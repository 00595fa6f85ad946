using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Questions;
using DataLoad.Engine.Tracing;
using Microsoft.Extensions.Logging;

namespace DataLoad.Host.Settings;

/// <summary>All that a program is set by, read and checked.</summary>
/// <param name="Engine">What the engine is set by.</param>
/// <param name="Akka">What Akka is set by.</param>
/// <param name="Store">The store.</param>
/// <param name="Business">The business database.</param>
/// <param name="Http">Where HTTP answers, and to whom.</param>
/// <param name="DeadLetters">The bounds of work on dead letters.</param>
/// <param name="Questions">The bounds of questions about people.</param>
/// <param name="Traces">The bounds of questions about the way of a session.</param>
/// <param name="Console">How the commands that ask a running node behave.</param>
/// <param name="Source">What all of it was read from.</param>
/// <param name="MaxLag">How many messages may wait before the node is not ready; 0 for no limit.</param>
/// <param name="OtlpEndpoint">Where metrics go by OTLP, or null.</param>
/// <param name="OtlpInterval">How often metrics go.</param>
/// <param name="Log">What is logged, and how much of it is kept.</param>
public sealed record HostSettings(EngineSettings Engine, AkkaSettings Akka, DatabaseSettings Store, DatabaseSettings Business, HttpSettings Http,
    DeadLetterSettings DeadLetters, QuestionSettings Questions, TraceSettings Traces, ConsoleSettings Console, HoconConfig Source, long MaxLag,
    Uri? OtlpEndpoint, TimeSpan OtlpInterval, LogSettings Log)
{
    /// <summary>All settings of <c>dataload { }</c> as they are in force, and where each was written; secrets masked.</summary>
    public IReadOnlyList<HoconEffectiveSetting> FindEffective() =>
        [.. Source.Effective().Where(setting => !setting.Path.StartsWith("akka.", StringComparison.Ordinal))];
}

/// <summary>What is logged, and how much of it is kept.</summary>
public sealed record LogSettings
{
    /// <summary>The most lines that may be kept.</summary>
    internal const int MaxKeptLines = 10_000;

    /// <summary>What is logged.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    /// <summary>How many lines are kept for whoever asks for the log; 0 where it is not shown.</summary>
    public int KeptLines { get; init; } = 1000;
}

/// <summary>Reads <c>dataload.log</c>.</summary>
internal static class LogBinder
{
    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static LogSettings Bind(HoconConfig config) => new()
    {
        Level = Enum.Parse<LogLevel>(config.GetOneOf("dataload.log.level", "trace", "debug", "information", "warning", "error"), ignoreCase: true),
        KeptLines = config.GetInt("dataload.log.kept-lines", 0, LogSettings.MaxKeptLines),
    };
}

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
