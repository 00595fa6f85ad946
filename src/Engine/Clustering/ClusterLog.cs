using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Clustering;

/// <summary>Log messages 6000 to 6099.</summary>
internal static partial class ClusterLog
{
    [LoggerMessage(6000, LogLevel.Information, "Node {Node} runs over {Store}")]
    public static partial void Owner(ILogger logger, string node, string store);

    [LoggerMessage(6001, LogLevel.Information, "Node {Holder} runs over {Store}; standing by to take over")]
    public static partial void StandingBy(ILogger logger, string holder, string store);

    [LoggerMessage(6003, LogLevel.Warning, "Renewing the lease failed, trying again in {Wait}: {Error}")]
    public static partial void RenewFailed(ILogger logger, TimeSpan wait, string error);

    [LoggerMessage(
        6002, LogLevel.Warning, "Another node took the store over: this one lets go of what is not journaled, which is delivered again, and stands by")]
    public static partial void Lost(ILogger logger);

    [LoggerMessage(6004, LogLevel.Information, "Stopping: intake, drain, flush, checkpoint")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(6005, LogLevel.Information, "Stopped: all that was taken is persisted, flushed and checkpointed")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(6011, LogLevel.Information, "Stopped; what was not flushed and checkpointed is recovered from the journal at the next start")]
    public static partial void StoppedInPart(ILogger logger);

    [LoggerMessage(6006, LogLevel.Warning, "Stopped before it served")]
    public static partial void StoppedEarly(ILogger logger);

    [LoggerMessage(6007, LogLevel.Information, "Adopted {Rows} rows of {Table} as a baseline")]
    public static partial void Adopted(ILogger logger, long rows, string table);

    [LoggerMessage(6008, LogLevel.Warning, "{Store} cannot be reached (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void StoreAway(ILogger logger, string store, int failures, TimeSpan wait, string error);

    [LoggerMessage(6010, LogLevel.Warning, "The actor system ended (try {Failures}), and is made anew in {Wait}")]
    public static partial void Anew(ILogger logger, Exception? fault, int failures, TimeSpan wait);

    [LoggerMessage(EventId = 6012, Message = "{Message} ({Actor})")]
    public static partial void OfActor(ILogger logger, LogLevel level, Exception? cause, string message, string actor);

    [LoggerMessage(EventId = 6013, Message = "{Message}")]
    public static partial void OfAkka(ILogger logger, LogLevel level, Exception? cause, string message);

    [LoggerMessage(6009, LogLevel.Warning, "The lease could not be given back, and ends by itself: {Error}")]
    public static partial void ReleaseFailed(ILogger logger, string error);
}
