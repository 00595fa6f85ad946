namespace DataLoad.Demo;

/// <summary>A message of the queue <c>dataload.dead</c>, with the headers that the contract adds.</summary>
/// <param name="Stream"><c>x-dataload-stream</c></param>
/// <param name="Reason"><c>x-dataload-reason</c>: a short code.</param>
/// <param name="Error"><c>x-dataload-error</c>: a sentence that names field and value.</param>
/// <param name="Received"><c>x-dataload-received</c>, as text.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Headers">All headers.</param>
public sealed record DeadLetter(string? Stream, string? Reason, string? Error, string? Received, byte[] Body, IReadOnlyDictionary<string, object?> Headers)
{
    /// <summary>AMQP <c>content-type</c> as it came.</summary>
    public string? ContentType { get; init; }

    /// <summary>AMQP <c>message-id</c> as it came.</summary>
    public string? MessageId { get; init; }

    /// <summary>It is kept over a restart of the broker.</summary>
    public bool Persistent { get; init; }
}
