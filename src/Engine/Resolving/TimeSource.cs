namespace DataLoad.Engine.Resolving;

/// <summary>Where an event's time comes from.</summary>
internal enum TimeSource
{
    /// <summary>The message's <c>ctime</c>.</summary>
    Message,

    /// <summary>The <c>ctime</c> of the row that the message's own key names.</summary>
    Row,

    /// <summary>The AMQP timestamp, or the receipt, which is always in range.</summary>
    Timestamp,
}
