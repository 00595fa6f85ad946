namespace DataLoad.Engine.Scheduling;

/// <summary>A place in a semaphore, given back when it is disposed.</summary>
internal readonly struct SemaphoreHold(SemaphoreSlim semaphore) : IDisposable
{
    public static async ValueTask<SemaphoreHold> TakeAsync(SemaphoreSlim semaphore, CancellationToken cancellationToken = default)
    {
        await semaphore.WaitAsync(cancellationToken);
        return new SemaphoreHold(semaphore);
    }

    public void Dispose() => semaphore.Release();
}
