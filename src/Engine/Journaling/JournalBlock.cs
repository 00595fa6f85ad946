namespace DataLoad.Engine.Journaling;

/// <summary>
/// A run of accepted events of one shard, encoded together: the unit that the journal stores.
/// </summary>
public sealed record JournalBlock
{
    /// <summary>The shard, 0 and up.</summary>
    public required int Shard { get; init; }

    /// <summary>The epoch under which the block is written; the write fails where it is stale.</summary>
    public required long Epoch { get; init; }

    /// <summary>The SequenceNr of the first event; 1 and up, without gaps from one block to the next.</summary>
    public required long FirstSequenceNr { get; init; }

    /// <summary>The SequenceNr of the last event.</summary>
    public required long LastSequenceNr { get; init; }

    /// <summary>When the block was made, in epoch milliseconds; identities that expire do so counting from it.</summary>
    public required long JournaledAtMs { get; init; }

    /// <summary>The events, as a block. Owned by the caller; valid until the append returns.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }
}
