using System.Globalization;

namespace DataLoad.Bench.Drain;

/// <summary>CPU seconds of a process and those it started, from <c>/proc</c> (proc(5): fields 14 to 17 of <c>stat</c>).</summary>
internal static class CpuMeter
{
    private const double TicksPerSecond = 100;

    /// <summary>User and system time of the process, of its children that ended, and of those that run.</summary>
    public static double SecondsOfTree(int pid)
    {
        double seconds = 0;
        foreach ((int id, int parent, double own) in Processes())
        {
            if (id == pid || parent == pid)
            {
                seconds += own;
            }
        }

        return seconds;
    }

    /// <summary>The processes that one started and that run, with their user and system time.</summary>
    public static IEnumerable<(int Pid, double Seconds)> Children(int pid) =>
        Processes().Where(process => process.Parent == pid).Select(process => (process.Pid, process.Seconds));

    private static IEnumerable<(int Pid, int Parent, double Seconds)> Processes()
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out int pid) || TryRead(folder) is not { } stat)
            {
                continue;
            }

            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            double ticks = fields[11..15].Sum(field => double.Parse(field, CultureInfo.InvariantCulture));
            yield return (pid, int.Parse(fields[1], CultureInfo.InvariantCulture), ticks / TicksPerSecond);
        }
    }

    private static string? TryRead(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "stat"));
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return null;
        }
    }
}
