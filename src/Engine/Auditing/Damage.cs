namespace DataLoad.Engine.Auditing;

/// <summary>A block of a shard's journal, or a snapshot of it, that is damaged.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Message">What is damaged, with its shard and SequenceNr, and what to do about it.</param>
public sealed record Damage(int Shard, string Message);
