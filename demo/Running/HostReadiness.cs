using System.Diagnostics;

namespace DataLoad.Demo;

/// <summary>Waits until the host says that it is ready.</summary>
public static class HostReadiness
{
    /// <summary>Polls <c>/health/ready</c> until it answers 200.</summary>
    /// <exception cref="TimeoutException">It did not within the time.</exception>
    public static Task WaitAsync(Uri http, TimeSpan timeout, CancellationToken cancel = default) => WaitForAnyAsync([http], timeout, cancel);

    /// <summary>Polls <c>/health/ready</c> of one node after the other until one answers 200.</summary>
    /// <exception cref="TimeoutException">None did within the time.</exception>
    public static async Task WaitForAnyAsync(IReadOnlyList<Uri> nodes, TimeSpan timeout, CancellationToken cancel = default)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var waited = Stopwatch.StartNew();
        var last = "nothing";
        var ready = nodes[0];
        for (var attempt = 0; waited.Elapsed < timeout; attempt++)
        {
            ready = new Uri(nodes[attempt % nodes.Count], "/health/ready");
            try
            {
                using var answer = await client.GetAsync(ready, cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }

                last = FormattableString.Invariant($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}");
            }
            catch (HttpRequestException refused)
            {
                last = refused.Message;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                last = "no answer in 5 s";
            }

            await Task.Delay(100, cancel);
        }

        throw new TimeoutException(FormattableString.Invariant(
            $"{ready} did not answer 200 within {timeout.TotalSeconds:F0} s; the last answer was: {last}. Look into the host's log."));
    }
}
