using DataLoad.Simulation.Scenarios;

namespace DataLoad.Simulation.Checking;

/// <summary>An event that is journaled.</summary>
/// <param name="SequenceNr">Where.</param>
/// <param name="Happening">What it is, by its marker.</param>
internal sealed record Entry(long SequenceNr, Happening Happening);
