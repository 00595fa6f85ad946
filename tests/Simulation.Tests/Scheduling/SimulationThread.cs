using System.Runtime.ExceptionServices;

namespace DataLoad.Simulation.Tests.Scheduling;

/// <summary>
/// Runs simulations on threads of their own: without a synchronization context or a task scheduler, so that what awaits goes
/// on within whatever completed it, and never on another thread.
/// </summary>
internal static class SimulationThread
{
    [ThreadStatic]
    private static bool s_isOne;

    /// <summary>Runs a simulation and returns what came of it.</summary>
    public static T Run<T>(Func<T> simulate)
    {
        if (s_isOne)
        {
            return simulate();
        }

        T result = default!;
        ExceptionDispatchInfo? failure = null;
        Thread thread = Start(() =>
        {
            try
            {
                result = simulate();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Join();
        failure?.Throw();
        return result;
    }

    /// <summary>Starts a thread on which simulations can be run.</summary>
    public static Thread Start(Action action)
    {
        var thread = new Thread(
            () =>
            {
                s_isOne = true;
                action();
            },
            maxStackSize: 4 * 1024 * 1024);
        thread.Start();
        return thread;
    }
}
