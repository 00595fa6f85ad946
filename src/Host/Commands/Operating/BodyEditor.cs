using System.ComponentModel;
using System.Diagnostics;

namespace DataLoad.Host.Commands.Operating;

/// <summary>Where a corrected body comes from: a file, or the operator's editor.</summary>
internal static class BodyEditor
{
    /// <summary>Reads a file, or standard input where it is <c>-</c>.</summary>
    public static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (path is not "-")
        {
            return await File.ReadAllBytesAsync(path, cancellationToken);
        }

        using var body = new MemoryStream();
        await using Stream input = Console.OpenStandardInput();
        await input.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    /// <summary>Opens the editor on a body.</summary>
    /// <returns>The corrected body; null where it is as it was.</returns>
    public static async Task<byte[]?> EditAsync(byte[] body, CancellationToken cancellationToken)
    {
        string editor = FirstSet("VISUAL", "EDITOR") ?? throw new NodeException("No editor is named: say --body or --body-file, or set EDITOR.");
        if (Console.IsInputRedirected || Console.IsOutputRedirected)
        {
            throw new NodeException("An editor needs a terminal: say --body or --body-file.");
        }

        // In a folder that is its owner's alone: a body may name a user.
        string folder = Directory.CreateTempSubdirectory("dataload-").FullName;
        try
        {
            string file = Path.Combine(folder, "body");
            await File.WriteAllBytesAsync(file, body, cancellationToken);
            await RunAsync(editor, file, cancellationToken);
            byte[] corrected = await File.ReadAllBytesAsync(file, cancellationToken);

            // Editors end a file with a line feed that the body did not have.
            if (corrected is [.., (byte)'\n'] && body is not [.., (byte)'\n'])
            {
                corrected = corrected[..^1];
            }

            return corrected.AsSpan().SequenceEqual(body) ? null : corrected;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? FirstSet(params string[] names) =>
        names.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));

    private static async Task RunAsync(string editor, string file, CancellationToken cancellationToken)
    {
        // EDITOR may bring arguments of its own, as in "code --wait".
        string[] words = editor.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using Process process = Process.Start(words[0], [.. words[1..], file]);
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                throw new NodeException($"The editor {editor} ended with {process.ExitCode}, and nothing was done.");
            }
        }
        catch (Win32Exception e)
        {
            throw new NodeException($"The editor {editor} cannot be started ({e.Message}): set EDITOR to another.");
        }
    }
}
