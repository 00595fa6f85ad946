using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Scheduling;

/// <summary>Log messages 1000 to 1099.</summary>
internal static partial class SchedulingLog
{
    [LoggerMessage(1000, LogLevel.Warning, "Writing {What} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void WriteFailed(ILogger logger, string what, int failures, TimeSpan wait, string error);
}
