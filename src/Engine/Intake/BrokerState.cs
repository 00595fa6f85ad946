using System.Collections.Concurrent;

namespace DataLoad.Engine.Intake;

/// <summary>How the broker's exchanges and queues are, as of the last look; written by the <see cref="TopologyActor"/>, read by anybody.</summary>
internal sealed class BrokerState
{
    private long _deadLetters = -1;

    /// <summary>How many messages wait in each stream's queue.</summary>
    public ConcurrentDictionary<string, long> Lag { get; } = new(StringComparer.Ordinal);

    /// <summary>What of a stream's exchange, queue or bindings is not as it should be, by the stream's name.</summary>
    public ConcurrentDictionary<string, string> Problems { get; } = new(StringComparer.Ordinal);

    /// <summary>How many dead letters wait in their queue; null before the first look.</summary>
    public long? DeadLetters
    {
        get => Interlocked.Read(ref _deadLetters) is long count and >= 0 ? count : null;
        set => Interlocked.Exchange(ref _deadLetters, value ?? -1);
    }
}
