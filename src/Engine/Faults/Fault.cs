namespace DataLoad.Engine.Faults;

/// <summary>
/// Whether a fault point is switched on. In the product none ever is, and the question is answered when the code is
/// compiled; the simulation compiles the same sources with <c>SIMULATION</c> and switches one on for its thread.
/// </summary>
internal static class Fault
{
#if SIMULATION
    [ThreadStatic]
    private static FaultPoint s_on;

    /// <summary>The fault point that is on for this thread's simulation.</summary>
    public static FaultPoint On
    {
        get => s_on;
        set => s_on = value;
    }

    /// <summary>Whether a fault point is on.</summary>
    public static bool Is(FaultPoint point) => s_on == point;
#else
    /// <summary>Whether a fault point is on: never.</summary>
    public static bool Is(FaultPoint point) => point < FaultPoint.None;
#endif
}
