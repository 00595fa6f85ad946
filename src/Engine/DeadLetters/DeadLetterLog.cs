using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.DeadLetters;

/// <summary>Log messages 5100 to 5199.</summary>
internal static partial class DeadLetterLog
{
    [LoggerMessage(5100, LogLevel.Information, "Put {Moved} dead letters back into their queues; {Skipped} stayed")]
    public static partial void Moved(ILogger logger, long moved, long skipped);

    [LoggerMessage(5101, LogLevel.Debug, "A dead letter of stream {Stream} could not be put back: {Error}")]
    public static partial void Refused(ILogger logger, string stream, string error);

    [LoggerMessage(5102, LogLevel.Warning, "A dead letter of stream {Stream} ({Reason}) is set aside in the store and published again later: {Error}")]
    public static partial void SetAside(ILogger logger, string stream, string reason, string error);
}
