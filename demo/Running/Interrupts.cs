using System.Runtime.InteropServices;

namespace DataLoad.Demo;

/// <summary>SIGINT, which a shell has its background jobs ignore, and a program that inherits that goes on ignoring whatever handler it has.</summary>
internal static class Interrupts
{
    private const int Interrupt = 2;

    /// <summary>Has SIGINT be heeded; before a handler of it is installed.</summary>
    public static void Heed()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetHandler(Interrupt, IntPtr.Zero);
        }
    }

    [DllImport("libc", EntryPoint = "signal")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern IntPtr SetHandler(int signal, IntPtr handler);
}
