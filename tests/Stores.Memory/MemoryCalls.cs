namespace DataLoad.Engine.Storage.Memory;

/// <summary>
/// Runs a store's calls against its state: one at a time, whole, on the caller's thread, so that a simulation decides
/// alone what happens when.
/// </summary>
internal sealed class MemoryCalls(MemoryStoreState state)
{
    /// <summary>Called before a call takes effect; an exception keeps it from doing so.</summary>
    public Func<string, ValueTask>? Before { get; set; }

    /// <summary>Called after a call took effect; an exception leaves the caller without its outcome.</summary>
    public Func<string, ValueTask>? After { get; set; }

    /// <summary>Set when the store is closed.</summary>
    public bool Closed { get; set; }

    public async ValueTask<T> RunAsync<T>(string operation, Func<MemoryStoreState, T> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(Closed, typeof(MemoryStore));
        if (Before is { } before)
        {
            await before(operation);
            ObjectDisposedException.ThrowIf(Closed, typeof(MemoryStore));
        }

        T result;
        lock (state.Gate)
        {
            result = call(state);
        }

        if (After is { } after)
        {
            await after(operation);
        }

        return result;
    }
}
