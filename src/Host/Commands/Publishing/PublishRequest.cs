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

/// <summary>How a body is written.</summary>
internal enum BodyForm
{
    /// <summary>A JSON object, <c>application/json</c>.</summary>
    Json = 0,

    /// <summary>The key alone as JSON, <c>application/json</c>.</summary>
    Bare = 1,

    /// <summary>A Java object as Spring's default converter serializes it.</summary>
    Java = 2,

    /// <summary>A text, <c>text/plain</c>: the key alone, or a JSON object where there is more.</summary>
    Text = 3,
}
