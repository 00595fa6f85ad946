namespace DataLoad.Engine.Questions;

/// <summary>Counters were computed anew while their parts were read, each time that this was tried: a rebuild or a backfill is at them. Later it can be answered.</summary>
/// <param name="message">Which Counter, and what to do.</param>
public sealed class PartsMovedException(string message) : Exception(message);
