using System.Globalization;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>What a process holds at one moment, as Linux counts it.</summary>
/// <param name="MemoryBytes">The memory that is in RAM.</param>
/// <param name="Threads">How many threads it has.</param>
/// <param name="Handles">How many files and sockets it has open.</param>
/// <param name="Cpu">The CPU time that it has used since its start.</param>
internal readonly record struct ProcessSample(long MemoryBytes, int Threads, int Handles, TimeSpan Cpu)
{
    private const double TicksPerSecond = 100;

    /// <summary>Looks at a process.</summary>
    /// <exception cref="IOException">There is no such process.</exception>
    public static ProcessSample Of(int process)
    {
        string folder = $"/proc/{process.ToString(CultureInfo.InvariantCulture)}";
        string[] status = File.ReadAllLines(Path.Combine(folder, "status"));
        string stat = File.ReadAllText(Path.Combine(folder, "stat"));

        // The name stands in parentheses and may hold spaces; user and system time are the 12th and 13th field behind it.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double ticks = double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture);
        return new ProcessSample(
            1024 * Number(status, "VmRSS:"), (int)Number(status, "Threads:"), Directory.GetFiles(Path.Combine(folder, "fd")).Length,
            TimeSpan.FromSeconds(ticks / TicksPerSecond));
    }

    private static long Number(string[] status, string name) => long.Parse(
        status.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
