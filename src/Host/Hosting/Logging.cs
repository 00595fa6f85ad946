using Microsoft.Extensions.Logging.Console;

namespace DataLoad.Host.Hosting;

/// <summary>Logs to the console, a line a message.</summary>
internal static class Logging
{
    public static ILoggerFactory Create(LogLevels levels) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter((category, level) => levels.IsEnabled(category, level))
        .AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        }));
}
