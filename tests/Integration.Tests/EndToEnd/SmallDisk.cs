using System.Globalization;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A disk of some megabytes, in memory, which can be filled.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Mounts one.</summary>
    /// <returns>Null where this may not be done: it takes root.</returns>
    public static async Task<SmallDisk?> TryMountAsync(int megabytes)
    {
        string folder = Servers.NewFolder("disk");
        return await Mounts.RunAsync("mount", "-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m"), "none", folder)
            ? new SmallDisk(folder) : null;
    }

    /// <summary>Fills it; one that is filled in part is filled further.</summary>
    /// <param name="leftBytes">What is left, for a file to begin a write that it cannot end.</param>
    public async Task FillAsync(int leftBytes = 0)
    {
        await using var file = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                await file.WriteAsync(block);
            }
        }
        catch (IOException)
        {
            // It is full.
        }

        file.SetLength(file.Length - leftBytes);
    }

    /// <summary>Makes room again.</summary>
    public Task FreeAsync()
    {
        File.Delete(Ballast);
        return Task.CompletedTask;
    }

    /// <summary>Takes it away, lazily: a pooled connection of a comparison may hold a file for a while yet.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!await Mounts.RunAsync("umount", "--lazy", Folder))
        {
            throw new InvalidOperationException($"could not unmount {Folder}");
        }
    }
}
