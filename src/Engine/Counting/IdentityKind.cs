namespace DataLoad.Engine.Counting;

/// <summary>What an event's identity was taken from.</summary>
public enum IdentityKind : byte
{
    /// <summary>It has none: it counts at every delivery.</summary>
    None = 0,

    /// <summary>A business key, remembered for good.</summary>
    Key = 1,

    /// <summary>A hash of the AMQP message-id or of the content, remembered for a window.</summary>
    Hash = 2,

    /// <summary>Like <see cref="Hash"/>, where the journal need not keep it since the event's own content gives it again.</summary>
    Content = 3,
}
