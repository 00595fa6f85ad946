namespace DataLoad.Engine.Scheduling;

/// <summary>Growing waits between tries: each doubles the one before, up to a limit.</summary>
/// <param name="First">The first wait.</param>
/// <param name="Limit">The longest wait.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Limit)
{
    /// <summary>The wait after that many failures, 1 and up.</summary>
    public TimeSpan After(int failures) => TimeSpan.FromMilliseconds(
        Math.Min(First.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)), Limit.TotalMilliseconds));
}
