using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Seen;

/// <summary>
/// Rows to save in one transaction, again and again until that succeeds: an outcome that is unknown is no failure,
/// and saving them twice changes nothing.
/// </summary>
/// <param name="SequenceNr">The SequenceNr that they hold at; with those of a seal saved, no id up to it needs the journal.</param>
/// <param name="Writes">The rows; empty where there is nothing to save.</param>
internal sealed record SeenWrites(long SequenceNr, IReadOnlyList<SnapshotWrite> Writes);
