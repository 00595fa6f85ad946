namespace DataLoad.Engine.Journaling;

/// <summary>What a Partition persists.</summary>
public interface IJournalEntry;

/// <summary>Announces an owner: the SequenceNr that it is persisted at is the Epoch of this ownership. Holds no events.</summary>
/// <param name="Node">Who owns, for those who read the journal.</param>
/// <param name="AtMs">When, in epoch milliseconds.</param>
public sealed record Owned(string Node, long AtMs) : IJournalEntry;

/// <summary>Accepted events of one Partition, encoded together.</summary>
/// <remarks>Immutable: nobody changes the bytes once the block is made, so that Counters read their parts of it without copies.</remarks>
/// <param name="bytes">The block's stored form, with its checksum.</param>
public sealed class Block(byte[] bytes) : IJournalEntry
{
    /// <summary>The stored form (<c>docs/ARCHITECTURE.md</c>, "Journal block").</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;
}

/// <summary>An entry as it was persisted.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="SequenceNr">The number it was persisted at; 1 and up.</param>
/// <param name="Entry">The entry: a <see cref="Block"/> or <see cref="Owned"/>.</param>
public readonly record struct PersistedEntry(int Partition, long SequenceNr, IJournalEntry Entry);

/// <summary>A block as it was persisted.</summary>
/// <param name="Partition">The Partition.</param>
/// <param name="SequenceNr">The number it was persisted at; 1 and up.</param>
/// <param name="Block">The block.</param>
public readonly record struct PersistedBlock(int Partition, long SequenceNr, Block Block);

/// <summary>Stands for an entry whose bytes do not read, until <see cref="JournalReader"/>, which knows its place, refuses it by name.</summary>
internal sealed record UnreadableEntry(Exception Fault) : IJournalEntry;
