namespace DataLoad.Engine.Sharding;

/// <summary>What a shard says of itself.</summary>
public sealed record ShardStatus
{
    /// <summary>The shard's number.</summary>
    public int Shard { get; init; }

    /// <summary>The epoch that it is owned under.</summary>
    public long Epoch { get; init; }

    /// <summary>The SequenceNr of the last event that was applied.</summary>
    public long SequenceNr { get; init; }

    /// <summary>The SequenceNr up to which recovery needs no journal.</summary>
    public long CheckpointSequenceNr { get; init; }

    /// <summary>How many Counters are in memory.</summary>
    public int Counters { get; init; }

    /// <summary>How much memory Counters and seen identities hold, in bytes.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>How many Counters wait for their flush.</summary>
    public int Unflushed { get; init; }

    /// <summary>How many Counters are set aside as damaged.</summary>
    public int Damaged { get; init; }
}
