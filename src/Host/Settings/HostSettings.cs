using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using Microsoft.Extensions.Logging;

namespace DataLoad.Host.Settings;

/// <summary>All that a program is set by, read and checked.</summary>
public sealed record HostSettings
{
    /// <summary>What the engine is set by.</summary>
    public required EngineSettings Engine { get; init; }

    /// <summary>What Akka is set by.</summary>
    public required AkkaSettings Akka { get; init; }

    /// <summary>The store.</summary>
    public required DatabaseSettings Store { get; init; }

    /// <summary>The business database.</summary>
    public required DatabaseSettings Business { get; init; }

    /// <summary>Where HTTP answers, and to whom.</summary>
    public required HttpSettings Http { get; init; }

    /// <summary>The bounds of work on dead letters.</summary>
    public required DeadLetterSettings DeadLetters { get; init; }

    /// <summary>How the commands that ask a running node behave.</summary>
    public required ConsoleSettings Console { get; init; }

    /// <summary>All settings of <c>dataload { }</c> as they are in force, secrets masked.</summary>
    public required IReadOnlyList<HoconEffectiveSetting> Effective { get; init; }

    /// <summary>How many messages may wait before the node is not ready; 0 for no limit.</summary>
    public required long MaxLag { get; init; }

    /// <summary>Where metrics go by OTLP, or null.</summary>
    public required Uri? OtlpEndpoint { get; init; }

    /// <summary>How often metrics go.</summary>
    public required TimeSpan OtlpInterval { get; init; }

    /// <summary>What is logged.</summary>
    public required LogLevel LogLevel { get; init; }
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
