using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace DataLoad.Host.Hosting;

/// <summary>
/// Gives the garbage collector a young generation that suits a stream of messages. Its budget follows the processor's
/// cache, which virtual machines often hide; then it is so small that the collector runs hundreds of times a second
/// under load. The runtime reads this setting from the environment alone, so the program starts itself over with it:
/// the same process, before anything else has begun.
/// </summary>
internal static partial class YoungGeneration
{
    /// <summary>The runtime's own variable, a number of bytes in hexadecimal; where it is set already, it stands.</summary>
    public const string Variable = "DOTNET_GCgen0size";

    private const string Budget = "4000000"; // 64 MiB

    private const string Self = "/proc/self/exe";

    /// <summary>Starts the process over with the setting, where it can and need be; otherwise goes on as it is.</summary>
    public static void Enlarge()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null || !OperatingSystem.IsLinux() || File.ResolveLinkTarget(Self, returnFinalTarget: true) is not { } program)
        {
            return;
        }

        string?[] arguments = [.. Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline")).TrimEnd('\0').Split('\0'), null];
        var environment = new List<string?>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            environment.Add($"{entry.Key}={entry.Value}");
        }

        environment.Add($"{Variable}={Budget}");
        environment.Add(null);

        // It returns only where it failed, and then the program runs with the budget that it has.
        Execute(program.FullName, arguments, [.. environment]);
    }

    [DllImport("libc", EntryPoint = "execve", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Execute(string path, string?[] arguments, string?[] environment);
}
