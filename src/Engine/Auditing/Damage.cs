namespace DataLoad.Engine.Auditing;

/// <summary>A block of a shard's journal, a snapshot of it, or a parked delivery that is damaged.</summary>
/// <param name="Shard">The shard; null for a parked delivery, which has none yet.</param>
/// <param name="Message">What is damaged, with its shard and SequenceNr, and what to do about it.</param>
public sealed record Damage(int? Shard, string Message);
