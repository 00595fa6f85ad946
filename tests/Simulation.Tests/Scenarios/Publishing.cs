namespace DataLoad.Simulation.Scenarios;

/// <summary>A message that is published.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Happening">The number of what it tells of.</param>
/// <param name="AtMs">When, after the start.</param>
internal sealed record Publishing(int Number, int Happening, long AtMs);
