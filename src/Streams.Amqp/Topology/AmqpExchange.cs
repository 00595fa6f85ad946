namespace DataLoad.Streams.Amqp;

/// <summary>A durable exchange.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, such as <c>fanout</c>.</param>
public sealed record AmqpExchange(string Name, string Type = "fanout")
{
    /// <summary>Further arguments: texts, integers and flags.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);
}

/// <summary>A queue. What is declared here is durable and neither exclusive nor auto-deleted; one that is there may be otherwise.</summary>
/// <param name="Name">Its name.</param>
public sealed record AmqpQueue(string Name)
{
    /// <summary>Further arguments, such as <c>x-queue-type</c>: texts, integers and flags.</summary>
    public IReadOnlyDictionary<string, object?> Arguments { get; init; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    internal bool IsDurable { get; init; } = true;

    internal bool IsExclusive { get; init; }

    internal bool IsAutoDelete { get; init; }
}

/// <summary>A binding of a queue to an exchange.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Queue">The queue.</param>
/// <param name="RoutingKey">The key; a fanout exchange does not look at it.</param>
public sealed record AmqpBinding(string Exchange, string Queue, string RoutingKey = "");

/// <summary>What a queue holds.</summary>
/// <param name="Messages">How many messages wait in it.</param>
/// <param name="Consumers">How many consume it.</param>
public readonly record struct AmqpQueueState(long Messages, long Consumers);
