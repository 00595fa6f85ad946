using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scheduling;

namespace DataLoad.Simulation.Tests.Stores;

/// <summary>
/// The way from one process to the store and back. A write that was sent takes effect at the store, whatever becomes of
/// the process meanwhile; of a process that was killed it may also be lost on the way. One that failed may have left the
/// first of its parts behind, and may take effect long after its caller was told that it failed.
/// </summary>
internal sealed class StoreWire(World world, ActiveDisruptions disruptions, StoreServer server, SimulatedProcess process)
{
    private const int LatestMs = 2500;

    /// <summary>Set when the node has ended in order: from then on nothing of it may ask the store for anything.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The name of the process.</summary>
    public string ProcessName => process.Name;

    /// <summary>Sends a write that takes effect whole or not at all, and returns its outcome.</summary>
    /// <param name="operation">Its name, for the timeline.</param>
    /// <param name="apply">Does it.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    public ValueTask<T> WriteAsync<T>(string operation, Func<T> apply, CancellationToken cancellationToken) =>
        WriteAsync(operation, 1, _ => apply(), cancellationToken);

    /// <summary>Sends a write, and returns its outcome. Where it fails, the first of its parts may take effect all the same.</summary>
    /// <param name="operation">Its name, for the timeline.</param>
    /// <param name="parts">How many parts it has.</param>
    /// <param name="apply">Does so many of its parts, from the first on.</param>
    /// <param name="cancellationToken">Ends the wait, not the write.</param>
    public async ValueTask<T> WriteAsync<T>(string operation, int parts, Func<int, T> apply, CancellationToken cancellationToken)
    {
        RequireRunning(operation);
        cancellationToken.ThrowIfCancellationRequested();
        if (server.IsDown)
        {
            await PauseAsync();
            throw new StoreFailure($"{operation} failed: no connection");
        }

        bool fails = disruptions.StoreFails();
        bool failsAfterwards = !fails && disruptions.StoreFailsAfterwards();
        bool isLate = !fails && !failsAfterwards && disruptions.StoreIsLate();
        var outcome = new TaskCompletionSource<T>();
        Action? answer = null;
        long latency = disruptions.StoreLatency();
        world.Note(process.Name, $"({operation} is sent, {parts} parts)");
        WriteUnderWay write = server.Begin(
            world.NowMs + latency,
            () => answer = Apply(() => apply(parts), outcome),
            () => Answer(() => outcome.TrySetException(new StoreFailure($"{operation} failed: the connection is lost"))));
        world.After(latency, () =>
        {
            if (write.IsLost)
            {
                return;
            }

            if (isLate)
            {
                // It waits at the store, for a lock perhaps, behind a connection that is gone.
                Answer(() => outcome.TrySetException(new StoreFailure($"{operation} took too long")));
                world.After(world.Random.Next(LatestMs), () => Land(write, operation));
                return;
            }

            if (fails || (process.IsDead && world.Random.Next(2) == 0))
            {
                Tear(operation, parts, apply);
                world.Log(process.Name, fails ? $"{operation} fails" : $"{operation} is lost with its process");
                answer = () => outcome.TrySetException(new StoreFailure($"{operation} failed"));
            }
            else
            {
                write.Apply();
            }

            if (failsAfterwards)
            {
                world.Log(process.Name, $"{operation} took effect, its answer is lost");
                answer = () => outcome.TrySetException(new StoreFailure($"the answer to {operation} was lost"));
            }

            world.After(disruptions.StoreLatency(), () =>
            {
                if (!write.IsLost)
                {
                    world.Note(process.Name, $"({operation} is answered)");
                    server.End(write);
                    Answer(answer!);
                }
            });
        });
        return await outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Sends a read, and returns what it found.</summary>
    public async ValueTask<T> ReadAsync<T>(string operation, Func<T> read, CancellationToken cancellationToken)
    {
        RequireRunning(operation);
        cancellationToken.ThrowIfCancellationRequested();
        int losses = server.Losses;
        await PauseAsync();
        if (disruptions.StoreFails() || server.IsDown || losses != server.Losses)
        {
            world.Log(process.Name, $"{operation} fails");
            throw new StoreFailure($"{operation} failed");
        }

        T result = read();
        await PauseAsync();
        if (losses != server.Losses)
        {
            throw new StoreFailure($"the answer to {operation} was lost");
        }

        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>Brings an answer back to the process, if it is still there.</summary>
    private void Answer(Action answer) => process.After(0, answer);

    /// <summary>Leaves the first parts of a write behind that failed: no store that is used does so, but nothing relies on that.</summary>
    private void Tear<T>(string operation, int parts, Func<int, T> apply)
    {
        if (parts > 1 && world.Random.Next(3) == 0)
        {
            int first = world.Random.Next(1, parts);
            world.Log(process.Name, $"{operation} is torn: {first} of {parts} parts take effect");
            Unheard(() => Apply(() => apply(first), new TaskCompletionSource<T>()));
        }
    }

    /// <summary>A write that its caller has given up takes effect.</summary>
    private void Land(WriteUnderWay write, string operation)
    {
        if (!write.IsLost)
        {
            world.Log(process.Name, $"{operation} takes effect late");
            server.End(write);
            Unheard(() => write.Apply());
        }
    }

    private void Unheard(Action takeEffect)
    {
        world.IsUnheard = true;
        try
        {
            takeEffect();
        }
        finally
        {
            world.IsUnheard = false;
        }
    }

    private static Action Apply<T>(Func<T> apply, TaskCompletionSource<T> outcome)
    {
        try
        {
            T result = apply();
            return () => outcome.TrySetResult(result);
        }
        catch (Exception e)
        {
            return () => outcome.TrySetException(e);
        }
    }

    /// <summary>A node that has ended leaves nothing behind that goes on.</summary>
    private void RequireRunning(string operation)
    {
        if (IsClosed)
        {
            world.Fail($"{process.Name} ended, and goes on: {operation}");
        }
    }

    private Task PauseAsync()
    {
        var pause = new TaskCompletionSource();
        process.After(disruptions.StoreLatency(), () => pause.TrySetResult());
        return pause.Task;
    }
}
