using System.Diagnostics;

namespace DataLoad.Streams.Amqp.Tests.Broker;

/// <summary>Runs <c>scripts/rabbitmq.sh</c> and, for whoever links this file, <c>scripts/postgres.sh</c>.</summary>
internal static class ServerScript
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(150);

    /// <summary>Runs a script and returns what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds what it said.</exception>
    public static async Task<string> RunAsync(string script, params string[] arguments)
    {
        // What it prints goes to files: a server that the script leaves running would hold a pipe open.
        string output = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/bash") { UseShellExecute = false };
            foreach (string argument in (string[])["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>\"$out.err\" </dev/null", "bash", output, script, .. arguments])
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            using var patience = new CancellationTokenSource(Patience);
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new InvalidOperationException(
                    $"{script} {arguments[0]} did not end in {Patience.TotalSeconds} s: {await File.ReadAllTextAsync(output + ".err")}");
            }

            return process.ExitCode == 0
                ? (await File.ReadAllTextAsync(output)).Trim()
                : throw new InvalidOperationException(
                    $"{script} {arguments[0]} failed: {await File.ReadAllTextAsync(output + ".err")}{await File.ReadAllTextAsync(output)}");
        }
        finally
        {
            File.Delete(output);
            File.Delete(output + ".err");
        }
    }
}
