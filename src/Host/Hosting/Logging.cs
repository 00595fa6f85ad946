using Microsoft.Extensions.Logging.Console;

namespace DataLoad.Host.Hosting;

/// <summary>Logs to the console, a line a message.</summary>
internal static class Logging
{
    public static ILoggerFactory Create(LogLevel level) => LoggerFactory.Create(builder => Configure(builder, level));

    public static void Configure(ILoggingBuilder builder, LogLevel level) => builder
        .SetMinimumLevel(level)
        .AddFilter("Microsoft", level > LogLevel.Warning ? level : LogLevel.Warning)
        // A start that fails is told in one sentence on standard error; here it would be a stack trace.
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
}
