using DataLoad.Simulation.Scenarios;

namespace DataLoad.Simulation.Running;

/// <summary>What came of a run.</summary>
/// <param name="Failure">The promise that was broken first, or null.</param>
/// <param name="TraceHash">Equal for equal runs.</param>
/// <param name="Steps">How many tasks ran.</param>
/// <param name="ElapsedMs">How much virtual time passed.</param>
/// <param name="Journaled">How many events were journaled.</param>
/// <param name="Befallen">How often each trouble came about.</param>
/// <param name="Timeline">What happened, where it was asked for.</param>
internal sealed record Outcome(
    string? Failure,
    ulong TraceHash,
    long Steps,
    long ElapsedMs,
    int Journaled,
    IReadOnlyDictionary<TroubleKind, int> Befallen,
    IReadOnlyList<string> Timeline);
