namespace DataLoad.Engine.Counting;

/// <summary>An event's identity. A business key is meant within its stream and topic; a hash covers stream and topic itself.</summary>
/// <param name="Kind">What it was taken from.</param>
/// <param name="Value">The key, or the 128 bits of the hash; 0 for none.</param>
public readonly record struct EventId(IdentityKind Kind, UInt128 Value)
{
    /// <summary>No identity.</summary>
    public static EventId None => default;

    /// <summary>The identity of a business key, 0 and up.</summary>
    public static EventId Key(int key) => new(IdentityKind.Key, (UInt128)(uint)key);

    /// <summary>Whether there is an identity.</summary>
    public bool Exists => Kind != IdentityKind.None;

    /// <summary>Whether it is a hash, stored or not.</summary>
    public bool IsHash => Kind >= IdentityKind.Hash;
}

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

/// <summary>What tells a delivery from all others, of whatever node, channel and time.</summary>
/// <param name="Node">The incarnation of the node.</param>
/// <param name="Channel">The incarnation of the channel, unique within the node's.</param>
/// <param name="Tag">The delivery's tag, unique within the channel.</param>
public readonly record struct DeliveryId(string Node, string Channel, ulong Tag);
