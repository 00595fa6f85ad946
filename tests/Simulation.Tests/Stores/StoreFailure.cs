namespace DataLoad.Simulation.Stores;

/// <summary>A failure that the simulation made.</summary>
internal sealed class StoreFailure(string message) : IOException(message);
