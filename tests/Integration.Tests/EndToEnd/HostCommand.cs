using System.Diagnostics;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>Runs a command of the program, such as <c>dataload verify</c>, to its end.</summary>
internal static class HostCommand
{
    /// <summary>Runs it and returns its exit code and what it printed.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string config, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dataload.dll"), .. arguments, "--config", config])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Deadline.Usual);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"dataload {string.Join(' ', arguments)} did not end in {Deadline.Usual.TotalSeconds} s");
        }
    }
}
