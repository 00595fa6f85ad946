using System.Diagnostics;

namespace DataLoad.Bench.Reporting;

/// <summary>
/// What a stretch of work cost this process: CPU time of all its threads, which on a shared machine says more than the
/// wall's, and bytes allocated.
/// </summary>
internal readonly struct Meter
{
    private readonly long _wall;
    private readonly TimeSpan _cpu;
    private readonly long _bytes;

    private Meter(long wall, TimeSpan cpu, long bytes) => (_wall, _cpu, _bytes) = (wall, cpu, bytes);

    /// <summary>Seconds on the wall since the start.</summary>
    public double WallSeconds => Stopwatch.GetElapsedTime(_wall).TotalSeconds;

    /// <summary>CPU seconds since the start.</summary>
    public double CpuSeconds => (Environment.CpuUsage.TotalTime - _cpu).TotalSeconds;

    /// <summary>Bytes allocated since the start.</summary>
    public long Bytes => GC.GetTotalAllocatedBytes(precise: true) - _bytes;

    /// <summary>Starts measuring.</summary>
    public static Meter Start()
    {
        // Garbage of what came before is not this stretch's.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return new Meter(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
    }
}
