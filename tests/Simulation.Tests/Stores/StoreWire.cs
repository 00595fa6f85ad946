using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Stores;

/// <summary>
/// The way from one process to the store and back. A write that was sent takes effect at the store, whatever becomes of
/// the process meanwhile; of a process that was killed it may also be lost on the way. One that failed may have left the
/// first of its parts behind, and may take effect long after its caller was told that it failed.
/// </summary>
internal sealed class StoreWire(World world, Weather weather, StoreServer server, NodeScheduler scheduler, Func<bool> isEnded)
{
    private const int LatestMs = 2500;

    /// <summary>Whether the store is applying a write now.</summary>
    public bool IsApplying { get; private set; }

    /// <summary>Sends a write that takes effect whole or not at all, and returns its outcome.</summary>
    /// <param name="operation">Its name, for the timeline.</param>
    /// <param name="apply">Does it; completes at once.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    public ValueTask<T> WriteAsync<T>(string operation, Func<ValueTask<T>> apply, CancellationToken cancellationToken) =>
        WriteAsync(operation, 1, _ => apply(), cancellationToken);

    /// <summary>Sends a write, and returns its outcome. Where it fails, the first of its parts may take effect all the same.</summary>
    /// <param name="operation">Its name, for the timeline.</param>
    /// <param name="parts">How many parts it has.</param>
    /// <param name="apply">Does so many of its parts, from the first on; completes at once.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    public async ValueTask<T> WriteAsync<T>(string operation, int parts, Func<int, ValueTask<T>> apply, CancellationToken cancellationToken)
    {
        RequireRunning(operation);
        cancellationToken.ThrowIfCancellationRequested();
        if (server.IsDown)
        {
            await PauseAsync();
            throw new StoreFailure($"{operation} failed: no connection");
        }

        bool fails = weather.StoreFails() || (string.Equals(operation, "Leases.Renew", StringComparison.Ordinal) && weather.RenewFails());
        bool failsAfterwards = !fails && weather.StoreFailsAfterwards();
        bool isLate = !fails && !failsAfterwards && weather.StoreIsLate();
        var outcome = new TaskCompletionSource<T>();
        Action? answer = null;
        long latency = weather.StoreLatency();
        WriteUnderWay write = server.Begin(
            world.NowMs + latency,
            () => answer = Apply(operation, () => apply(parts), outcome),
            () => outcome.TrySetException(new StoreFailure($"{operation} failed: the connection is lost")));
        world.After(latency, () =>
        {
            if (write.IsLost)
            {
                return;
            }

            if (isLate)
            {
                // It waits at the store, for a lock perhaps, behind a connection that is gone.
                outcome.TrySetException(new StoreFailure($"{operation} took too long"));
                world.After(world.Random.Next(LatestMs), () => Land(write, operation));
                return;
            }

            if (fails || (scheduler.IsDead && world.Random.Next(2) == 0))
            {
                Tear(operation, parts, apply);
                world.Log(scheduler.Name, fails ? $"{operation} fails" : $"{operation} is lost with its process");
                answer = () => outcome.TrySetException(new StoreFailure($"{operation} failed"));
            }
            else
            {
                write.Apply();
            }

            if (failsAfterwards)
            {
                world.Log(scheduler.Name, $"{operation} took effect, its answer is lost");
                answer = () => outcome.TrySetException(new StoreFailure($"the answer to {operation} was lost"));
            }

            world.After(weather.StoreLatency(), () =>
            {
                server.End(write);
                answer!();
            });
        });
        return await outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Leaves the first parts of a write behind that failed: no store that is used does so, but nothing relies on that.</summary>
    private void Tear<T>(string operation, int parts, Func<int, ValueTask<T>> apply)
    {
        if (parts > 1 && world.Random.Next(3) == 0)
        {
            int first = world.Random.Next(1, parts);
            world.Log(scheduler.Name, $"{operation} is torn: {first} of {parts} parts take effect");
            Apply(operation, () => apply(first), new TaskCompletionSource<T>());
        }
    }

    /// <summary>A write that its caller has given up takes effect.</summary>
    private void Land(WriteUnderWay write, string operation)
    {
        if (!write.IsLost)
        {
            world.Log(scheduler.Name, $"{operation} takes effect late");
            server.End(write);
            write.Apply();
        }
    }

    /// <summary>What comes before a read takes effect: its way to the store.</summary>
    public async ValueTask BeforeReadAsync(string operation)
    {
        if (IsApplying)
        {
            return;
        }

        RequireRunning(operation);
        int losses = server.Losses;
        await PauseAsync();
        if (weather.StoreFails() || server.IsDown || losses != server.Losses)
        {
            world.Log(scheduler.Name, $"{operation} fails");
            throw new StoreFailure($"{operation} failed");
        }
    }

    /// <summary>What comes after a read took effect: the way back.</summary>
    public async ValueTask AfterReadAsync(string operation)
    {
        if (IsApplying)
        {
            return;
        }

        int losses = server.Losses;
        await PauseAsync();
        if (weather.StoreFailsAfterwards() || losses != server.Losses)
        {
            world.Log(scheduler.Name, $"{operation} fails after the fact");
            throw new StoreFailure($"the answer to {operation} was lost");
        }
    }

    private Action Apply<T>(string operation, Func<ValueTask<T>> apply, TaskCompletionSource<T> outcome)
    {
        IsApplying = true;
        try
        {
            ValueTask<T> applied = apply();
            if (!applied.IsCompleted)
            {
                throw new InvalidOperationException($"{operation} did not take effect at once.");
            }

            T result = applied.GetAwaiter().GetResult();
            return () => outcome.TrySetResult(result);
        }
        catch (Exception e)
        {
            return () => outcome.TrySetException(e);
        }
        finally
        {
            IsApplying = false;
        }
    }

    /// <summary>A node that has ended leaves nothing behind that goes on.</summary>
    private void RequireRunning(string operation)
    {
        if (isEnded())
        {
            world.Fail($"{scheduler.Name} ended, and goes on: {operation}");
        }
    }

    private Task PauseAsync()
    {
        var pause = new TaskCompletionSource();
        world.After(weather.StoreLatency(), () => pause.TrySetResult());
        return pause.Task;
    }
}
