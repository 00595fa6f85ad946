namespace DataLoad.Engine.Counting;

/// <summary>
/// An event's identity. A business key is meant within its stream and topic; a hash covers stream and topic itself.
/// </summary>
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
