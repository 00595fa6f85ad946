namespace DataLoad.Engine.Auditing;

/// <summary>A shard whose journal or baseline cannot be read, so that its rows could not be compared.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Message">What is damaged, with its SequenceNr or Counter, and what to do about it.</param>
public sealed record Damage(int Shard, string Message);
