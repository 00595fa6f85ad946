using System.Diagnostics;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Waits for conditions, each for so long.</summary>
internal static class Deadline
{
    // Asking costs the machine what the others need: the longer it takes already, the seldomer.
    private const double ShortestPauseMs = 50;
    private const double LongestPauseMs = 500;

    /// <summary>How long anything may take that normally takes seconds, on a busy machine.</summary>
    public static readonly TimeSpan Usual = TimeSpan.FromSeconds(180);

    /// <summary>Asks until the answer is yes.</summary>
    /// <exception cref="TimeoutException">It was not in time; the message names what was waited for.</exception>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? timeout = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > (timeout ?? Usual))
            {
                throw new TimeoutException($"waited {waited.Elapsed.TotalSeconds:F0} s in vain: {what}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(waited.Elapsed.TotalMilliseconds / 10, ShortestPauseMs, LongestPauseMs)));
        }
    }

    /// <summary>Asks until the answer is yes.</summary>
    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan? timeout = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), timeout);
}
