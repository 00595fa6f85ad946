namespace DataLoad.Engine.Journaling;

/// <summary>What a Partition persists.</summary>
public interface IJournalEntry;

/// <summary>
/// Announces an owner: the SequenceNr that it is persisted at is the Epoch of this ownership. Holds no events.
/// </summary>
/// <param name="Node">Who owns, for those who read the journal.</param>
/// <param name="AtMs">When, in epoch milliseconds.</param>
public sealed record Owned(string Node, long AtMs) : IJournalEntry;

/// <summary>
/// Accepted events of one Partition, encoded together. Immutable: nobody changes the bytes once the block is made, so that
/// Counters read their parts of it without copies.
/// </summary>
/// <param name="bytes">The block's stored form, with its checksum.</param>
public sealed class Block(byte[] bytes) : IJournalEntry
{
    /// <summary>The stored form (<c>docs/ARCHITECTURE.md</c>, "Journal block").</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}
