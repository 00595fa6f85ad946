namespace DataLoad.Host.Hosting;

/// <summary>Bounds a stop as a whole. An orderly stop bounds its own steps, but closing what a server holds may wait for one that neither answers nor
/// refuses, and a process that is told to stop must end.</summary>
internal static class StopLimit
{
    /// <summary>Runs work until it ends, or is left to itself when a limit has passed since it was told to stop.</summary>
    /// <returns>Whether it ended by itself.</returns>
    public static async Task<bool> RunAsync(Func<CancellationToken, Task> work, TimeSpan limit, TimeProvider time, CancellationToken stop)
    {
        // Apart from this call, so that work which blocks cannot hold up the limit either.
        Task running = Task.Run(() => work(stop), CancellationToken.None);
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stop.Register(stopping.SetResult);
        if (await Task.WhenAny(running, stopping.Task) != running
            && await Task.WhenAny(running, Task.Delay(limit, time, CancellationToken.None)) != running)
        {
            return false;
        }

        await running;
        return true;
    }
}
