namespace DataLoad.Engine.Intake.Amqp;

/// <summary>How one stream is set.</summary>
public sealed record StreamSettings
{
    /// <summary>Whether the stream is consumed.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Whether its exchange delays messages, where the broker has the plugin.</summary>
    public bool Delayed { get; init; }

    /// <summary>The type of its queue where it does not exist: <c>classic</c>, which is declared without arguments, or <c>quorum</c>.</summary>
    public string QueueType { get; init; } = "classic";

    /// <summary>Further arguments of its queue where it does not exist: texts, integers and booleans.</summary>
    public IReadOnlyDictionary<string, object?> QueueArguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>How many deliveries may be unacknowledged; null for the general setting.</summary>
    public int? Prefetch { get; init; }

    /// <summary>The stream's queries by the name of their step.</summary>
    public IReadOnlyDictionary<string, string> Queries { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The arguments that the queue is declared with.</summary>
    public IDictionary<string, object?> DeclaredArguments()
    {
        var arguments = new Dictionary<string, object?>(QueueArguments, StringComparer.Ordinal);
        if (!string.Equals(QueueType, "classic", StringComparison.Ordinal))
        {
            arguments["x-queue-type"] = QueueType;
        }

        return arguments;
    }
}
