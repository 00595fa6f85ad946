namespace DataLoad.Engine.Journaling;

/// <summary>What a snapshot is of.</summary>
public enum SnapshotKind : byte
{
    /// <summary>A Counter's state.</summary>
    Counter = 1,

    /// <summary>Business keys that were seen: a chunk of one stream and topic.</summary>
    SeenKeys = 2,

    /// <summary>Hashed identities that were seen: a part of a segment.</summary>
    SeenHashes = 3,

    /// <summary>A Counter's state at the journal's baseline, from which verify and rebuild start.</summary>
    Baseline = 4,
}
