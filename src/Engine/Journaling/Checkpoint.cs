namespace DataLoad.Engine.Journaling;

/// <summary>Where a shard's recovery and its baseline stand.</summary>
/// <param name="SequenceNr">The SequenceNr up to which no journal is needed for recovery; 0 at first.</param>
/// <param name="BaselineSequenceNr">The SequenceNr up to which the journal was trimmed; 0 where it is whole.</param>
public readonly record struct Checkpoint(long SequenceNr, long BaselineSequenceNr);
