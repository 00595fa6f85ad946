namespace DataLoad.Engine.Intake;

/// <summary>What a stream's consumer says of itself.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="IsPaused">Whether an operator paused it.</param>
/// <param name="Failing">Why it is not consumed or waits, or null.</param>
/// <param name="Prefetch">How many deliveries may be unacknowledged.</param>
/// <param name="Unacknowledged">How many deliveries are unacknowledged now.</param>
public sealed record StreamStatus(string Stream, bool IsPaused, string? Failing, int Prefetch, long Unacknowledged);
