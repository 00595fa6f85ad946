namespace DataLoad.Engine.Sharding;

/// <summary>What a rebuild did.</summary>
/// <param name="Counters">How many Counters were computed anew.</param>
/// <param name="Corrected">How many of their rows were written because they differed or were missing.</param>
/// <param name="Removed">How many rows were removed since no event accounts for them.</param>
public sealed record RebuildResult(int Counters, int Corrected, int Removed);
