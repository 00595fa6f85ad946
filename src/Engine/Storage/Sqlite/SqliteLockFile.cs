namespace DataLoad.Engine.Storage.Sqlite;

/// <summary>
/// The lock that says which process owns a database: a file beside it, locked in the kernel, which lets go when the
/// process ends, however it ends. The file stays, since removing it could unlock a newer owner.
/// </summary>
internal sealed class SqliteLockFile : IDisposable
{
    private readonly FileStream _stream;

    private SqliteLockFile(FileStream stream) => _stream = stream;

    /// <summary>Locks, where nobody else has; in this process or another.</summary>
    /// <returns>The lock, or null where it is held.</returns>
    public static SqliteLockFile? TryLock(string path) => Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Whether somebody holds the lock; looks without taking it from others that look.</summary>
    public static bool IsLocked(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using SqliteLockFile? probe = Open(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return probe is null;
    }

    public void Dispose() => _stream.Dispose();

    private static SqliteLockFile? Open(string path, FileMode mode, FileAccess access, FileShare share)
    {
        try
        {
            return new SqliteLockFile(new FileStream(path, mode, access, share, bufferSize: 1));
        }
        catch (IOException e) when (IsSharing(e))
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StoreException($"The lock file {path} cannot be opened: {e.Message} Let the user of this process read and write it.", e);
        }
    }

    private static bool IsSharing(IOException e)
    {
        const int linuxWouldBlock = 11;
        const int bsdWouldBlock = 35;
        const int windowsSharingViolation = unchecked((int)0x80070020);
        return e.HResult is linuxWouldBlock or bsdWouldBlock or windowsSharingViolation;
    }
}
