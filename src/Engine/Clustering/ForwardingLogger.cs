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

    // Its exceptions are internal.
    private const string RemotingNamespace = "Akka.Remote";

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

        if (IsLostConnection(log))
        {
            ClusterLog.OfAkka(logger, LogLevel.Information, cause: null, TextOf(log));
        }
        else if (PathOf(log.LogSource) is { } path)
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

    /// <summary>That a node which goes is heard of no more is what the members are watched for, and no error of a supervisor's.</summary>
    private static bool IsLostConnection(LogEvent log) => log.Cause is AkkaException cause
        && string.Equals(cause.GetType().Namespace, RemotingNamespace, StringComparison.Ordinal);

    private static LogLevel LevelOf(AkkaLevel level) => level switch
    {
        AkkaLevel.DebugLevel => LogLevel.Debug,
        AkkaLevel.InfoLevel => LogLevel.Information,
        AkkaLevel.WarningLevel => LogLevel.Warning,
        _ => LogLevel.Error,
    };
}

/// <summary>Keeps silent about what Akka writes to standard output past the program's logging.</summary>
/// <remarks>That is what is said before the loggers run, which a start that fails throws too, and what is left when a logger ends with its system.</remarks>
internal sealed class SilentLogger : MinimalLogger
{
    protected override void Log(object message)
    {
    }
}

/// <summary>Log messages 6000 to 6099.</summary>
internal static partial class ClusterLog
{
    [LoggerMessage(6003, LogLevel.Warning, "The store could not be told that the node lives, trying again in {Wait}: {Error}")]
    public static partial void RenewFailed(ILogger logger, TimeSpan wait, string error);

    [LoggerMessage(
        6002, LogLevel.Warning, "The node is no member of the cluster over the store any more: it lets go of what is not journaled, which is delivered again, and joins anew")]
    public static partial void Lost(ILogger logger);

    [LoggerMessage(6004, LogLevel.Information, "Stopping: intake, drain, flush, checkpoint")]
    public static partial void Stopping(ILogger logger);

    [LoggerMessage(6005, LogLevel.Information, "Stopped: all that was taken is persisted, flushed and checkpointed")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(6023, LogLevel.Warning, "Stopped; {Count} deliveries were taken and could not be acknowledged before: the broker delivers them again")]
    public static partial void StoppedUnacknowledged(ILogger logger, long count);

    [LoggerMessage(6011, LogLevel.Information, "Stopped; what was not flushed and checkpointed is recovered from the journal at the next start")]
    public static partial void StoppedInPart(ILogger logger);

    [LoggerMessage(6006, LogLevel.Warning, "Stopped before it served")]
    public static partial void StoppedEarly(ILogger logger);

    [LoggerMessage(6007, LogLevel.Information, "Adopted {Rows} rows of {Table} as a baseline")]
    public static partial void Adopted(ILogger logger, long rows, string table);

    [LoggerMessage(6008, LogLevel.Warning, "{Store} cannot be reached (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void StoreAway(ILogger logger, string store, int failures, TimeSpan wait, string error);

    [LoggerMessage(6010, LogLevel.Warning, "The actor system ended (try {Failures}), and is made anew in {Wait}")]
    public static partial void Anew(ILogger logger, Exception? fault, int failures, TimeSpan wait);

    [LoggerMessage(EventId = 6012, Message = "{Message} ({Actor})")]
    public static partial void OfActor(ILogger logger, LogLevel level, Exception? cause, string message, string actor);

    [LoggerMessage(EventId = 6013, Message = "{Message}")]
    public static partial void OfAkka(ILogger logger, LogLevel level, Exception? cause, string message);

    [LoggerMessage(6009, LogLevel.Warning, "The store could not be told that the node ends, and finds out by itself: {Error}")]
    public static partial void LeaveFailed(ILogger logger, string error);

    [LoggerMessage(6014, LogLevel.Information, "Node {Node} founds a cluster over {Store}")]
    public static partial void Founded(ILogger logger, string node, string store);

    [LoggerMessage(6015, LogLevel.Information, "Node {Node} joins the cluster at {Seeds}")]
    public static partial void Joining(ILogger logger, string node, string seeds);

    [LoggerMessage(6016, LogLevel.Information, "Node {Node} at {Address} has joined: the cluster has {Members} members")]
    public static partial void Joined(ILogger logger, string node, string address, int members);

    [LoggerMessage(6017, LogLevel.Information, "The node at {Address} is a member of the cluster")]
    public static partial void MemberUp(ILogger logger, Address address);

    [LoggerMessage(6018, LogLevel.Warning, "The node at {Address} cannot be reached")]
    public static partial void Unreachable(ILogger logger, Address address);

    [LoggerMessage(6019, LogLevel.Information, "The node at {Address} is reached again")]
    public static partial void Reachable(ILogger logger, Address address);

    [LoggerMessage(6020, LogLevel.Information, "The node at {Address} is no member of the cluster any more: {Why}")]
    public static partial void MemberRemoved(ILogger logger, Address address, string why);

    [LoggerMessage(
        6023, LogLevel.Warning, "The store has not been reached for {Time}, and {Other} reaches it: this node leaves the cluster, and joins again when it does")]
    public static partial void CutOffFromStore(ILogger logger, TimeSpan time, Address other);

    [LoggerMessage(6024, LogLevel.Debug, "What had started could not be stopped in order: {Error}")]
    public static partial void NotStopped(ILogger logger, string error);

    [LoggerMessage(
        6025, LogLevel.Warning, "Node {Node} has version {Version} of what nodes send each other, no neighbour of {Current}, this node's: it is kept out")]
    public static partial void KeptOut(ILogger logger, string node, int version, int current);

    [LoggerMessage(6022, LogLevel.Warning, "The node at {Address} cannot be reached, and its process has ended as the store sees it: it is downed")]
    public static partial void Downing(ILogger logger, Address address);

    [LoggerMessage(6021, LogLevel.Warning, "The sessions of the node at {Address}, which was downed, are left to themselves: {Why}")]
    public static partial void SessionsLeft(ILogger logger, Address address, string why);
}
