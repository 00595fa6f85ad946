namespace DataLoad.Engine.Contract;

/// <summary>A condition on one fact of an event.</summary>
/// <param name="Fact">The fact's name.</param>
/// <param name="Value">The value that it must have.</param>
public sealed record Condition(string Fact, long Value);
