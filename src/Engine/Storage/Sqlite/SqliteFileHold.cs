using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>Holds a database's file itself, by whatever name it was opened: a file that is reached by a hard link or in a directory that is mounted twice has a
/// write-ahead log of its own for each name, so that two programs would undo each other's writes. A lock of an open file description (<c>fcntl(2)</c>,
/// <c>F_OFD_SETLK</c>) on one byte behind all that SQLite uses; the kernel lets go when the process ends. On Linux alone. Thread-safe.</summary>
/// <remarks>The file is closed last: a process that closes one loses all locks of the older kind that it has on it, which are SQLite's.</remarks>
internal sealed partial class SqliteFileHold(SqliteFile file) : IDisposable
{
    private const int SetLock = 37;
    private const short Exclusive = 1;
    private const short None = 2;
    private const int WouldBlock = 11;
    private const int Denied = 13;

    // SQLite's own are at 1 GiB, and a database has 256 TiB at the most.
    private const long Byte = 1L << 60;

    private readonly Lock _lock = new();
    private SafeFileHandle? _handle;
    private bool _isHeld;

    /// <summary>Holds the file, unless another process does, or another store of this one.</summary>
    /// <returns>False where somebody else holds it; true where it is held now, is not there yet, or cannot be held on this system.</returns>
    /// <exception cref="StoreException">It may not be opened, or its file system has no locks.</exception>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (_isHeld || !OperatingSystem.IsLinux() || !File.Exists(file.RealPath))
            {
                return true;
            }

            _handle ??= Open();
            return _isHeld = TrySet(Exclusive);
        }
    }

    /// <summary>Lets go, for another process to hold it.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_isHeld)
            {
                _isHeld = !TrySet(None);
            }
        }
    }

    /// <summary>Lets go and closes the file: SQLite must have closed it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _handle?.Dispose();
            (_handle, _isHeld) = (null, false);
        }
    }

    private SafeFileHandle Open()
    {
        try
        {
            return File.OpenHandle(file.RealPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"SQLite {file.Path} cannot be opened: {e.Message} Let the user of this process read and write it.", e);
        }
    }

    private bool TrySet(short type)
    {
        var flock = new Flock { Type = type, Start = Byte, Length = 1 };
        if (Fcntl(_handle!, SetLock, ref flock) == 0)
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is WouldBlock or Denied ? false
            : throw new StoreException($"SQLite {file.Path} cannot be locked: {Marshal.GetPInvokeErrorMessage(error)}. Put it on a local file system.");
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle file, int command, ref Flock flock);

    /// <summary>The <c>struct flock</c> of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
