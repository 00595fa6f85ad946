namespace DataLoad.Demo;

/// <summary>A message as it goes over the wire: its stream, its body and the properties that a sender sets.</summary>
/// <param name="Stream">Where it is published to.</param>
/// <param name="Body">The bytes.</param>
public sealed record WireMessage(StreamInfo Stream, byte[] Body)
{
    /// <summary>AMQP <c>content-type</c>; null is missing.</summary>
    public string? ContentType { get; init; }

    /// <summary>AMQP <c>content-encoding</c>, where Spring puts the charset; null is missing.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>AMQP <c>message-id</c>; null is missing.</summary>
    public string? MessageId { get; init; }

    /// <summary>AMQP <c>timestamp</c> in epoch seconds; null is missing.</summary>
    public long? TimestampSeconds { get; init; }

    /// <summary>AMQP <c>priority</c>; Spring sends 0 unless told otherwise, null is missing.</summary>
    public byte? Priority { get; init; } = 0;

    /// <summary>Headers in AMQP types (int, long, string, byte[] …), such as <c>x-delay</c>.</summary>
    public IReadOnlyDictionary<string, object?>? Headers { get; init; }

    /// <summary>A copy with one more header.</summary>
    public WireMessage WithHeader(string name, object? value)
    {
        var headers = Headers is null ? [] : new Dictionary<string, object?>(Headers, StringComparer.Ordinal);
        headers[name] = value;
        return this with { Headers = headers };
    }
}
