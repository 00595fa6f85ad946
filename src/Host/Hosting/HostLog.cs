namespace DataLoad.Host.Hosting;

/// <summary>Log messages 8000 to 8099.</summary>
internal static partial class HostLog
{
    [LoggerMessage(8000, LogLevel.Warning, "A server does not answer, and is not waited for any longer: the next start recovers from the journal what was not flushed and checkpointed")]
    public static partial void LeftAtLimit(ILogger logger);

    [LoggerMessage(8001, LogLevel.Information, "Stopped before it had started")]
    public static partial void StoppedAtStart(ILogger logger);

    [LoggerMessage(8002, LogLevel.Warning, "{Place}: {Problem}")]
    public static partial void UnknownAkkaKey(ILogger logger, string place, string problem);
}
