using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Akka.Hosting.Logging;
using Microsoft.Extensions.Logging;
using AkkaLevel = Akka.Event.LogLevel;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace DataLoad.Engine.Clustering;

/// <summary>Hands what Akka logs to the program's logging: the message alone, since time and level are the logging's to write.</summary>
/// <remarks>Its category is the type that says it; where an actor says it, the path of that actor comes with it.</remarks>
internal sealed class ForwardingLogger : ActorBase, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    private const string OtherCategory = "Akka";

    private readonly ILoggerFactory _loggers = Context.System.Settings.Setup.Get<LoggerFactorySetup>().Value.LoggerFactory;
    private readonly Dictionary<Type, ILogger> _byType = [];

    /// <summary>The path of a log's source, without system, address and incarnation; null where no actor is the source.</summary>
    public static string? PathOf(string? source)
    {
        string text = source?.TrimStart('[').TrimEnd(']') ?? "";
        int authority = text.StartsWith("akka", StringComparison.Ordinal) ? text.IndexOf("://", StringComparison.Ordinal) : -1;
        int path = authority < 0 ? -1 : text.IndexOf('/', authority + 3);
        int incarnation = text.IndexOf('#', StringComparison.Ordinal);
        return path < 0 || path == text.Length - 1 ? null : incarnation < 0 ? text[path..] : text[path..incarnation];
    }

    /// <summary>The category of a type: the name of the outermost type around it, without type parameters.</summary>
    public static string CategoryOf(Type type)
    {
        Type outer = type;
        while (outer.DeclaringType is { } around)
        {
            outer = around;
        }

        // What logs under a mere text has a type of Akka's that says nothing.
        return outer == typeof(DummyClassForStringSources) ? OtherCategory : $"{outer.Namespace}.{outer.Name.Split('`')[0]}";
    }

    protected override bool Receive(object message)
    {
        switch (message)
        {
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                return true;
            case LogEvent log:
                Forward(log);
                return true;
            default:
                return false;
        }
    }

    private void Forward(LogEvent log)
    {
        if (!_byType.TryGetValue(log.LogClass, out ILogger? logger))
        {
            logger = _loggers.CreateLogger(CategoryOf(log.LogClass));
            _byType.Add(log.LogClass, logger);
        }

        if (PathOf(log.LogSource) is { } path)
        {
            ClusterLog.OfActor(logger, LevelOf(log.LogLevel()), log.Cause, TextOf(log), path);
        }
        else
        {
            ClusterLog.OfAkka(logger, LevelOf(log.LogLevel()), log.Cause, TextOf(log));
        }
    }

    private static string TextOf(LogEvent log)
    {
        try
        {
            return log.Message?.ToString() ?? "";
        }
        catch (FormatException) when (log.Message is LogMessage message)
        {
            // Whoever wrote the template is to correct it; what it was to say is said all the same.
            return $"{message.Format} [{message.Unformatted()}]";
        }
    }

    private static LogLevel LevelOf(AkkaLevel level) => level switch
    {
        AkkaLevel.DebugLevel => LogLevel.Debug,
        AkkaLevel.InfoLevel => LogLevel.Information,
        AkkaLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}

/// <summary>
/// What Akka writes to standard output past the program's logging, where it cannot be: nowhere. That is what is said before the loggers run,
/// which a start that fails throws too, and what is left in the mailbox of a logger that ends with its system.
/// </summary>
internal sealed class SilentLogger : MinimalLogger
{
    protected override void Log(object message)
    {
    }
}
