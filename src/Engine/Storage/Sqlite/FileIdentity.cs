using System.Runtime.InteropServices;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Which file a path leads to, by whatever name: the device and the inode, from <c>statx(2)</c>, whose layout is the same on every architecture.
/// On Linux alone.</summary>
/// <param name="Major">The device's major number.</param>
/// <param name="Minor">The device's minor number.</param>
/// <param name="Inode">The number of the file on it.</param>
internal readonly partial record struct FileIdentity(uint Major, uint Minor, ulong Inode)
{
    private const int WorkingDirectory = -100;
    private const uint InodeMask = 0x100;
    private const int Size = 256;
    private const int InodeAt = 32;
    private const int MajorAt = 136;
    private const int MinorAt = 140;

    /// <summary>The file that a path leads to, behind all links; null where there is none that may be looked at, and on other systems.</summary>
    public static FileIdentity? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> stat = stackalloc byte[Size];
        return Statx(WorkingDirectory, path, flags: 0, InodeMask, stat) == 0
            ? new FileIdentity(MemoryMarshal.Read<uint>(stat[MajorAt..]), MemoryMarshal.Read<uint>(stat[MinorAt..]), MemoryMarshal.Read<ulong>(stat[InodeAt..]))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> stat);
}
