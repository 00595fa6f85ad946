namespace DataLoad.Host.Web;

/// <summary>What <c>/health/ready</c> answers.</summary>
/// <param name="Checks">What was looked at, and <see cref="Ok"/> or what is wrong.</param>
/// <param name="Lag">How many messages wait in the queues.</param>
/// <param name="Paused">The streams that an operator paused, which is meant and no fault.</param>
public sealed record ReadinessReport(IReadOnlyDictionary<string, string> Checks, long Lag, IReadOnlyList<string> Paused)
{
    /// <summary>The answer of a check that found nothing wrong.</summary>
    public const string Ok = "ok";

    /// <summary>Whether all is well.</summary>
    public bool IsReady => Checks.Values.All(answer => string.Equals(answer, Ok, StringComparison.Ordinal));
}
