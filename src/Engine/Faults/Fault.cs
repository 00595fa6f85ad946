namespace DataLoad.Engine.Faults;

/// <summary>
/// Whether a fault point is switched on: none ever is in the product. Asking costs a field's load and a comparison, so it may
/// be asked wherever a batch, but not where a single event is handled.
/// </summary>
internal static class Fault
{
    private static FaultPoint s_on;

    /// <summary>The fault point that is on, for the whole process; set by tests, before what they run starts.</summary>
    public static FaultPoint On
    {
        get => s_on;
        set => s_on = value;
    }

    /// <summary>Whether a fault point is on.</summary>
    public static bool Is(FaultPoint point) => s_on == point;
}
