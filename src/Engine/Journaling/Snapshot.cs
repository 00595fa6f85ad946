namespace DataLoad.Engine.Journaling;

/// <summary>One stored snapshot.</summary>
/// <param name="Key">Its key within Partition and kind.</param>
/// <param name="SequenceNr">The SequenceNr that the state holds at.</param>
/// <param name="Bytes">The encoded state.</param>
public sealed record Snapshot(byte[] Key, long SequenceNr, byte[] Bytes);
