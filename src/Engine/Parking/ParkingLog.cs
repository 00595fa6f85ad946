using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Parking;

/// <summary>Log messages 4000 to 4099.</summary>
internal static partial class ParkingLog
{
    [LoggerMessage(4000, LogLevel.Warning, "{Limit} deliveries are parked, which is the limit; waiting {Wait} for room")]
    public static partial void Full(ILogger logger, long limit, TimeSpan wait);

    [LoggerMessage(4001, LogLevel.Warning, "{What} parked deliveries failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void Failed(ILogger logger, string what, int failures, TimeSpan wait, string error);
}
