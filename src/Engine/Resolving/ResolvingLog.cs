using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Resolving;

/// <summary>Log messages 3000 to 3099.</summary>
internal static partial class ResolvingLog
{
    [LoggerMessage(3000, LogLevel.Warning, "Stream {Stream} is paused: query {Query} failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void QueryFailed(ILogger logger, string stream, string query, int failures, TimeSpan wait, string error);
}
