namespace DataLoad.Demo;

/// <summary>
/// Where an event's time stands: in the message's <c>ctime</c>, its own row's, the AMQP timestamp, or nowhere
/// but in its receipt; the first that exists counts, and the others may say something else.
/// </summary>
public sealed record EventTime(DateOnly Day)
{
    /// <summary>The body's <c>ctime</c>; null is absent.</summary>
    public long? MessageMilliseconds { get; init; }

    /// <summary>The row's <c>ctime</c>; null or 0 is absent.</summary>
    public long? RowMilliseconds { get; init; }

    /// <summary>The AMQP timestamp; null is absent.</summary>
    public long? TimestampSeconds { get; init; }
}
