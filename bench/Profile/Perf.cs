using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DataLoad.Bench.Profile;

/// <summary>Samples stacks by Linux's <c>perf</c>, as long as this lives.</summary>
internal sealed class Perf : IAsyncDisposable
{
    /// <summary>How often a running thread is sampled in a second.</summary>
    public const int Frequency = 499;

    private const int Interrupt = 2;

    private readonly Process _process;

    private Perf(Process process) => _process = process;

    /// <summary>
    /// What makes the program's functions known to <c>perf</c> by name: all code is compiled while it runs, once and
    /// fully, in memory that is not mapped twice.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Environment { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOTNET_PerfMapEnabled"] = "1",
        ["DOTNET_ReadyToRun"] = "0",
        ["DOTNET_TieredCompilation"] = "0",
        ["DOTNET_EnableWriteXorExecute"] = "0",

        // As the host sets it for itself; else it starts itself over, and what is sampled is gone.
        ["DOTNET_GCgen0size"] = "4000000",
    };

    /// <summary>Starts sampling into a file.</summary>
    /// <remarks>All processors: a thread that ends while <c>perf</c> attaches to those of a process would leave it without any.</remarks>
    public static Perf Start(string file) => new(Process.Start(new ProcessStartInfo(
        "perf", ["record", "-q", "-g", "-a", "-F", Frequency.ToString(CultureInfo.InvariantCulture), "-o", file]))!);

    /// <summary>Counts a file's samples of processes by stage.</summary>
    public static StageCount Count(string file, IEnumerable<int> pids)
    {
        string ofThem = "--pid=" + string.Join(',', pids.Select(pid => pid.ToString(CultureInfo.InvariantCulture)));
        using Process script = Process.Start(new ProcessStartInfo("perf", ["script", "-i", file, ofThem, "-F", "comm,ip,sym,dso"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true
        })!;
        script.ErrorDataReceived += (_, _) => { };
        script.BeginErrorReadLine();
        var count = StageCount.Read(script.StandardOutput);
        script.WaitForExit();
        return count;
    }

    /// <summary>Ends sampling; the file is whole.</summary>
    public async ValueTask DisposeAsync()
    {
        _ = Kill(_process.Id, Interrupt);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
