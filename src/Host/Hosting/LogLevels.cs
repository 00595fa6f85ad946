using System.Collections.Concurrent;
using DataLoad.Host.Watching;
using Microsoft.Extensions.Logging.Console;

namespace DataLoad.Host.Hosting;

/// <summary>What is logged, by category, changeable while the program runs. Thread-safe.</summary>
internal sealed class LogLevels(LogLevel level)
{
    private static readonly string[] Silent = ["Microsoft.Extensions.Hosting", "Microsoft.Extensions.Diagnostics.HealthChecks", "Akka.Hosting"];

    private readonly ConcurrentDictionary<string, LogLevel> _set = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, LogLevel> _effective = new(StringComparer.Ordinal);
    private readonly LogLevel _start = level;
    private volatile LogLevel _default = level;

    /// <summary>The level of what has no other.</summary>
    public LogLevel Default => _default;

    /// <summary>The levels that were set, by category.</summary>
    public IReadOnlyDictionary<string, LogLevel> Categories => _set;

    /// <summary>Sets the level of a category and all below it, or the default; null takes it back to what it was at the start.</summary>
    public void Set(string? category, LogLevel? to)
    {
        if (category is null)
        {
            _default = to ?? _start;
        }
        else if (to is LogLevel value)
        {
            _set[category] = value;
        }
        else
        {
            _set.TryRemove(category, out _);
        }

        _effective.Clear();
    }

    public bool IsEnabled(string? category, LogLevel of) => of >= _effective.GetOrAdd(category ?? "", Find);

    private LogLevel Find(string category)
    {
        for (string at = category; at.Length > 0; at = at.LastIndexOf('.') is int dot and > 0 ? at[..dot] : "")
        {
            if (_set.TryGetValue(at, out LogLevel found))
            {
                return found;
            }
        }

        // A start that fails is told in one sentence on standard error; there it would be a stack trace. What a health check
        // finds, readiness says to whoever asks, and would be logged each time.
        return Silent.Any(silent => category.StartsWith(silent, StringComparison.Ordinal)) ? LogLevel.None
            : category.StartsWith("Microsoft", StringComparison.Ordinal) && Default < LogLevel.Warning ? LogLevel.Warning
            : Default;
    }
}

/// <summary>Logs to the console, a line a message, and keeps the last lines.</summary>
internal static class Logging
{
    /// <summary>Logs what a level lets through, and what is changed of it while the program runs.</summary>
    public static void AddNodeLog(this ILoggingBuilder logging, LogLevel level, int keptLines)
    {
        var levels = new LogLevels(level);
        logging.Services.AddSingleton(levels).AddSingleton(provider => new RecentLog(keptLines, provider.GetRequiredService<TimeProvider>()));
        logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddFilter((category, of) => levels.IsEnabled(category, of)).AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            options.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        if (keptLines > 0)
        {
            logging.Services.AddSingleton<ILoggerProvider>(provider => provider.GetRequiredService<RecentLog>());
        }
    }
}
