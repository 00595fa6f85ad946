using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Nodes;

/// <summary>Work that one node of all does at a time: whoever holds a lease in the store. Thread-safe.</summary>
/// <param name="nodes">Where leases are kept.</param>
/// <param name="nodeId">Who does the work.</param>
/// <param name="name">The work's.</param>
/// <param name="timeToLive">How long another node waits where this one ends or freezes amid it; it is renewed three times as often.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told what fails of the lease.</param>
public sealed class WorkLease(INodeStore nodes, string nodeId, string name, TimeSpan timeToLive, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Does a piece of work, which ends where the lease is lost.</summary>
    /// <param name="work">The work, given a token that ends with the caller's or with the lease.</param>
    /// <param name="patience">How long to wait for another node that is at it.</param>
    /// <param name="cancellationToken">Ends the wait and the work.</param>
    /// <typeparam name="T">What the work gives.</typeparam>
    /// <exception cref="WorkLeaseException">Another node is at it for as long, or took it over.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, TimeSpan patience, CancellationToken cancellationToken)
    {
        await AcquireAsync(patience, cancellationToken);
        using var lost = new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost.Token);
        Task keeping = KeepAsync(lost, ending.Token);
        try
        {
            return await work(either.Token);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new WorkLeaseException($"The lease '{name}' could not be renewed, and another node may be at it now; look what was done, and try again.");
        }
        finally
        {
            await ending.CancelAsync();
            await keeping;
            await ReleaseAsync();
        }
    }

    private async Task AcquireAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (!await nodes.AcquireLeaseAsync(name, nodeId, timeToLive, cancellationToken))
        {
            if (time.GetElapsedTime(start) >= patience)
            {
                throw new WorkLeaseException($"Another node has been at it for {patience.TotalSeconds:0} s (lease '{name}'); try again when it is done.");
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task KeepAsync(CancellationTokenSource lost, CancellationToken cancellationToken)
    {
        long renewedAt = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(timeToLive / 3, time, cancellationToken);
                long now = time.GetTimestamp();
                if (!await nodes.AcquireLeaseAsync(name, nodeId, timeToLive, cancellationToken))
                {
                    await lost.CancelAsync();
                    return;
                }

                renewedAt = now;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The store is away: it is tried again until the lease's time is up.
                WorkLeaseLog.NotRenewed(logger, name, e.Message);
                if (time.GetElapsedTime(renewedAt) >= timeToLive)
                {
                    await lost.CancelAsync();
                    return;
                }
            }
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            using var patience = new CancellationTokenSource(timeToLive, time);
            await nodes.ReleaseLeaseAsync(name, nodeId, patience.Token);
        }
        catch (Exception e)
        {
            WorkLeaseLog.NotReleased(logger, name, timeToLive, e.Message);
        }
    }
}

/// <summary>A piece of work is another node's now; the message says which, and what to do.</summary>
public sealed class WorkLeaseException(string message) : Exception(message);

/// <summary>Log messages 6100 to 6199.</summary>
internal static partial class WorkLeaseLog
{
    [LoggerMessage(6100, LogLevel.Warning, "The lease '{Name}' could not be renewed, trying again until its time is up: {Error}")]
    public static partial void NotRenewed(ILogger logger, string name, string error);

    [LoggerMessage(6101, LogLevel.Warning, "The lease '{Name}' could not be given back, and is free in {Time}: {Error}")]
    public static partial void NotReleased(ILogger logger, string name, TimeSpan time, string error);
}
