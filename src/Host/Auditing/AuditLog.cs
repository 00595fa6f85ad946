namespace DataLoad.Host.Auditing;

/// <summary>Log messages 8000 to 8099.</summary>
internal static partial class AuditLog
{
    [LoggerMessage(8000, LogLevel.Information, "On demand of {Actor}: {Action} {Target}: {Outcome}")]
    public static partial void Did(ILogger logger, string actor, string action, string target, string outcome);

    [LoggerMessage(8001, LogLevel.Warning, "Audit entry {Id} could not be given its outcome ({Outcome}): {Error}")]
    public static partial void NotFinished(ILogger logger, long id, string outcome, string error);
}
