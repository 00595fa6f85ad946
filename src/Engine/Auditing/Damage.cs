namespace DataLoad.Engine.Auditing;

/// <summary>A block of a Partition's journal, a snapshot of it, or a parked delivery that is damaged.</summary>
/// <param name="Partition">The Partition; null for a parked delivery, which has none yet.</param>
/// <param name="Message">What is damaged, with its Partition and SequenceNr, and what to do about it.</param>
public sealed record Damage(int? Partition, string Message);
