namespace DataLoad.Engine;

/// <summary>What the engine's sources call in simulation where the product uses the thread pool or the system's randomness.</summary>
internal static class Simulated
{
    [ThreadStatic]
    private static Random? s_random;

    /// <summary>The seeded randomness of the simulation that runs on this thread.</summary>
    public static Random Random
    {
        get => s_random ?? throw new InvalidOperationException("No simulation runs on this thread: code escaped its scheduler.");
        set => s_random = value;
    }

    /// <summary>Starts a loop on the scheduler of whoever starts it.</summary>
    public static Task Run(Func<Task> action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <summary>Starts a loop on the scheduler of whoever starts it.</summary>
    public static Task<T> Run<T>(Func<Task<T>> action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();

    /// <summary>Runs work that the product moves off the loop.</summary>
    public static Task Run(Action action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler);

    /// <summary>Runs work that the product moves off the loop.</summary>
    public static Task<T> Run<T>(Func<T> action, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(action, cancellationToken, TaskCreationOptions.DenyChildAttach, Scheduler);

    /// <inheritdoc cref="Run(Action, CancellationToken)"/>
    public static Task Run(Action action) => Run(action, CancellationToken.None);

    /// <summary>Cancels at once; what waits for it is resumed by the scheduler, so nothing of it runs within.</summary>
    public static Task CancelOnScheduler(this CancellationTokenSource source)
    {
        source.Cancel();
        return Task.CompletedTask;
    }

    /// <summary>Waits by a clock.</summary>
    public static async Task Delay(TimeSpan delay, TimeProvider time, CancellationToken cancellationToken = default)
    {
        var over = new TaskCompletionSource();
        await using ITimer timer = time.CreateTimer(_ => over.TrySetResult(), null, delay, Timeout.InfiniteTimeSpan);
        await over.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Waits until cancelled.</summary>
    public static Task Delay(int milliseconds, CancellationToken cancellationToken) => milliseconds == Timeout.Infinite
        ? new TaskCompletionSource().Task.WaitAsync(cancellationToken)
        : throw new NotSupportedException("A wait by the system's clock cannot be simulated.");

    /// <summary>Waits by the system's clock, which no simulation may.</summary>
    public static Task Delay(TimeSpan delay, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A wait by the system's clock cannot be simulated.");

    /// <summary>An id of the seed.</summary>
    public static Guid NewGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    private static TaskScheduler Scheduler => TaskScheduler.Current != TaskScheduler.Default
        ? TaskScheduler.Current
        : throw new InvalidOperationException("A loop was started outside of the simulation's scheduler.");
}
