namespace DataLoad.Simulation.Running;

/// <summary>A seed that failed.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Outcome">What came of it.</param>
internal sealed record SeedFailure(ulong Seed, Outcome Outcome);
