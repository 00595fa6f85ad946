using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Intake;

/// <summary>Log messages 5000 to 5099.</summary>
internal static partial class IntakeLog
{
    [LoggerMessage(5000, LogLevel.Error, "A parked delivery of stream {Stream} is left aside, and tried again after dataload.parking.fault-delay: {Error}")]
    public static partial void ParkedDamaged(ILogger logger, string stream, string error);

    [LoggerMessage(5001, LogLevel.Information, "Connected to the broker at {Broker}")]
    public static partial void Connected(ILogger logger, string broker);

    [LoggerMessage(5002, LogLevel.Warning, "No connection to the broker at {Broker} (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void ConnectFailed(ILogger logger, string broker, int failures, TimeSpan wait, string error);

    [LoggerMessage(5006, LogLevel.Warning, "{What} '{Name}' is used as it is: {Error}")]
    public static partial void UsedAsIs(ILogger logger, string what, string name, string error);

    [LoggerMessage(5008, LogLevel.Debug, "The queues could not all be asked for their length: {Error}")]
    public static partial void LagUnknown(ILogger logger, string error);

    [LoggerMessage(5014, LogLevel.Debug, "Whether the broker takes what is published could not be found out: {Error}")]
    public static partial void ProbeFailed(ILogger logger, string error);

    [LoggerMessage(
        5015,
        LogLevel.Information,
        "Whether the broker blocks publishing is seen only once a dead letter waits for it: the user has no right to write to the default exchange ({Error})")]
    public static partial void NoProbe(ILogger logger, string error);

    [LoggerMessage(5009, LogLevel.Information, "Stream {Stream} is paused on demand: nothing of it is taken until it is resumed")]
    public static partial void Paused(ILogger logger, string stream);

    [LoggerMessage(5007, LogLevel.Warning, "Stream {Stream} could not take up {Count} parked deliveries, going on one by one: {Error}")]
    public static partial void ParkedFailed(ILogger logger, string stream, int count, string error);

    [LoggerMessage(5010, LogLevel.Error, "Stream {Stream} failed (try {Failures}), starting it again in {Wait}")]
    public static partial void StreamFailed(ILogger logger, Exception? fault, string stream, int failures, TimeSpan wait);

    [LoggerMessage(
        5012,
        LogLevel.Warning,
        "Partition {Partition} has not accepted a batch of stream {Stream} for {Wait}: what comes for it is parked until it accepts one")]
    public static partial void PartitionAway(ILogger logger, int? partition, TimeSpan wait, string stream);

    [LoggerMessage(5013, LogLevel.Information, "Partition {Partition} accepts batches of stream {Stream} again")]
    public static partial void PartitionAccepts(ILogger logger, int partition, string stream);

    [LoggerMessage(5014, LogLevel.Information, "{Name} can be used again")]
    public static partial void TopologyMended(ILogger logger, string name);

    [LoggerMessage(5011, LogLevel.Warning, "{Name} is {State}: {Text}")]
    public static partial void TopologyChanged(ILogger logger, string name, string state, string text);
}
