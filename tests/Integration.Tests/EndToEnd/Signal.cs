using System.Runtime.InteropServices;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A POSIX signal, by its number on Linux.</summary>
internal sealed class Signal
{
    public static readonly Signal Interrupt = new(2);
    public static readonly Signal Quit = new(3);
    public static readonly Signal Kill = new(9);
    public static readonly Signal Terminate = new(15);
    public static readonly Signal Continue = new(18);
    public static readonly Signal Stop = new(19);

    private readonly int _number;

    private Signal(int number) => _number = number;

    public void Send(int pid)
    {
        if (SendSignal(pid, _number) != 0)
        {
            throw new InvalidOperationException($"signal {_number} could not be sent to process {pid} (errno {Marshal.GetLastPInvokeError()})");
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int SendSignal(int pid, int signal);
}
