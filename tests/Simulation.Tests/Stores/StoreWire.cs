using DataLoad.Simulation.Running;
using DataLoad.Simulation.Scheduling;

namespace DataLoad.Simulation.Stores;

/// <summary>
/// The way from one process to the store and back. A write that was sent takes effect at the store, whatever becomes of
/// the process meanwhile; of a process that was killed it may also be lost on the way.
/// </summary>
internal sealed class StoreWire(World world, Weather weather, NodeScheduler scheduler)
{
    /// <summary>Whether the store is applying a write now.</summary>
    public bool IsApplying { get; private set; }

    /// <summary>Sends a write, and returns its outcome.</summary>
    /// <param name="operation">Its name, for the timeline.</param>
    /// <param name="apply">Does it; completes at once.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    public async ValueTask<T> WriteAsync<T>(string operation, Func<ValueTask<T>> apply, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool fails = weather.StoreFails() || (string.Equals(operation, "Leases.Renew", StringComparison.Ordinal) && weather.RenewFails());
        bool failsAfterwards = !fails && weather.StoreFailsAfterwards();
        var outcome = new TaskCompletionSource<T>();
        world.After(weather.StoreLatency(), () =>
        {
            if (scheduler.IsDead && world.Random.Next(2) == 0)
            {
                world.Log(scheduler.Name, $"{operation} is lost with its process");
                return;
            }

            if (fails)
            {
                world.Log(scheduler.Name, $"{operation} fails");
                world.After(weather.StoreLatency(), () => outcome.TrySetException(new StoreFailure($"{operation} failed")));
                return;
            }

            Action answer = Apply(operation, apply, outcome);
            if (failsAfterwards)
            {
                world.Log(scheduler.Name, $"{operation} took effect, its answer is lost");
                answer = () => outcome.TrySetException(new StoreFailure($"the answer to {operation} was lost"));
            }

            world.After(weather.StoreLatency(), answer);
        });
        return await outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>What comes before a read takes effect: its way to the store.</summary>
    public async ValueTask BeforeReadAsync(string operation)
    {
        if (IsApplying)
        {
            return;
        }

        await PauseAsync();
        if (weather.StoreFails())
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

        await PauseAsync();
        if (weather.StoreFailsAfterwards())
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

    private Task PauseAsync()
    {
        var pause = new TaskCompletionSource();
        world.After(weather.StoreLatency(), () => pause.TrySetResult());
        return pause.Task;
    }
}
