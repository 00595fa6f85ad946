using System.Diagnostics;
using System.Text.Json;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>A run of the program under test that ends by itself.</summary>
internal sealed record CommandProcess(int ExitCode, string Output, string Errors)
{
    /// <summary>The output's lines, each as JSON.</summary>
    public JsonElement[] Json => [.. Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>All that it said.</summary>
    public string Said => Output + Errors;

    /// <summary>Runs a command beside a node or over its store, such as <c>dataload verify</c>, by a configuration.</summary>
    public static Task<CommandProcess> RunOverAsync(string config, params string[] arguments) => RunAsync("", [.. arguments, "--config", config]);

    /// <summary>Runs a command.</summary>
    /// <param name="input">What it reads on standard input.</param>
    /// <param name="arguments">Its words.</param>
    public static async Task<CommandProcess> RunAsync(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Servers.Program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        ProgramEnvironment.Prepare(start);
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Deadline.Usual);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
            return new CommandProcess(process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
