using DataLoad.Engine.Contract;

namespace DataLoad.Host.Commands.Publishing;

/// <summary>What is to be published, as it was asked for.</summary>
internal sealed record PublishRequest
{
    /// <summary>The stream.</summary>
    public required StreamDefinition Stream { get; init; }

    /// <summary>The key, for streams that have one; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The fields by their name in the message.</summary>
    public IReadOnlyDictionary<string, string> Fields { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How the body is written.</summary>
    public BodyForm Form { get; init; }

    /// <summary>The AMQP message-id, or null.</summary>
    public string? MessageId { get; init; }

    /// <summary>What header <c>x-delay</c> says, or null for none.</summary>
    public TimeSpan? Delay { get; init; }
}
