using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Node;

/// <summary>Log messages 6000 to 6099.</summary>
internal static partial class NodeLog
{
    [LoggerMessage(6000, LogLevel.Information, "Node {Node} owns all {Shards} shards of {Store}")]
    public static partial void Owner(ILogger logger, string node, int shards, string store);

    [LoggerMessage(6001, LogLevel.Information, "Node {Holder} owns the shards of {Store}; standing by to take over")]
    public static partial void StandingBy(ILogger logger, string holder, string store);

    [LoggerMessage(6002, LogLevel.Warning, "This node no longer owns its shards: {Reason}. It lets go of what is not journaled, which is delivered again, and stands by")]
    public static partial void LostLeases(ILogger logger, string reason);

    [LoggerMessage(6003, LogLevel.Warning, "Renewing leases failed, trying again in {Wait}: {Error}")]
    public static partial void RenewFailed(ILogger logger, TimeSpan wait, string error);

    [LoggerMessage(6004, LogLevel.Information, "Stopping: intake, drain, flush, checkpoint")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(6005, LogLevel.Information, "Stopped: all that was taken is journaled, flushed and checkpointed")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(6006, LogLevel.Warning, "Stopped before all was flushed and checkpointed; the next start recovers the rest from the journal")]
    public static partial void StoppedEarly(ILogger logger);

    [LoggerMessage(6007, LogLevel.Information, "Adopted {Rows} rows of {Table} as a baseline")]
    public static partial void Adopted(ILogger logger, long rows, string table);

    [LoggerMessage(6008, LogLevel.Warning, "{Store} cannot be reached (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void StoreAway(ILogger logger, string store, int failures, TimeSpan wait, string error);

    [LoggerMessage(6009, LogLevel.Warning, "The leases could not be given back, and end by themselves: {Error}")]
    public static partial void ReleaseFailed(ILogger logger, string error);
}
