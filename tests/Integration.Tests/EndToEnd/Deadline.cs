using System.Diagnostics;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Waits for conditions, each for so long.</summary>
internal static class Deadline
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

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

            await Task.Delay(Pause);
        }
    }

    /// <summary>Asks until the answer is yes.</summary>
    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan? timeout = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), timeout);
}
