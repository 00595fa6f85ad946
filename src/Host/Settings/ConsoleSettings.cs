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
