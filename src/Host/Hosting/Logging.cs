using Microsoft.Extensions.Logging.Console;

namespace DataLoad.Host.Hosting;

/// <summary>Logs to the console, a line a message.</summary>
internal static class Logging
{
    /// <summary>Logs what a level lets through, and what is changed of it while the program runs.</summary>
    public static void AddNodeLog(this ILoggingBuilder logging, LogLevel level)
    {
        var levels = new LogLevels(level);
        logging.Services.AddSingleton(levels);
        logging
            .ClearProviders()
            .SetMinimumLevel(LogLevel.Trace)
            .AddFilter((category, of) => levels.IsEnabled(category, of))
            .AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
                options.ColorBehavior = LoggerColorBehavior.Disabled;
            });
    }
}
