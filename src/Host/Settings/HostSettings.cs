using DataLoad.Engine.Clustering;
using DataLoad.Engine.DeadLetters;
using DataLoad.Host.Hocon;
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
