namespace DataLoad.Engine.Journaling;

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
