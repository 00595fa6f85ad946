namespace DataLoad.Engine.DeadLetters;

/// <summary>What came of a purge.</summary>
/// <param name="IsConfirmed">Whether there were as many as were to be removed, and they were.</param>
/// <param name="Count">How many there were.</param>
/// <param name="Left">How many dead letters remain.</param>
public sealed record DeadLetterPurge(bool IsConfirmed, long Count, long Left);
