using System.Diagnostics;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A file that is reached by a second name, without being linked: a container shows one so.</summary>
internal sealed class MountedFile : IAsyncDisposable
{
    private readonly string _path;

    private MountedFile(string path) => _path = path;

    /// <summary>Mounts a file under another name.</summary>
    /// <returns>Null where this may not be done: it takes root.</returns>
    public static async Task<MountedFile?> TryMountAsync(string file, string path)
    {
        await File.WriteAllBytesAsync(path, []);
        if (await Mounts.RunAsync("mount", "--bind", file, path))
        {
            return new MountedFile(path);
        }

        File.Delete(path);
        return null;
    }

    /// <summary>Takes the second name away, lazily: a process may have it open for a while yet.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!await Mounts.RunAsync("umount", "--lazy", _path))
        {
            throw new InvalidOperationException($"could not unmount {_path}");
        }
    }
}

/// <summary>What mounts and unmounts.</summary>
internal static class Mounts
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>False where it failed, or is not there.</returns>
    public static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
