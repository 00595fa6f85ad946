using System.Diagnostics;

namespace DataLoad.Bench.Drain;

/// <summary>The private broker that is drained, for what a client cannot see or ask of it.</summary>
/// <param name="pid">Its process.</param>
/// <param name="script">The script that keeps it, <c>scripts/rabbitmq.sh</c>.</param>
/// <param name="folder">The folder it keeps it in.</param>
internal sealed class Broker(int pid, string script, string folder)
{
    private const double QuietCores = 0.15;
    private const int QuietLooks = 3;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The CPU time of it and its children, in seconds.</summary>
    public double CpuSeconds => CpuMeter.SecondsOfTree(pid);

    /// <summary>
    /// Has quorum queues begin a new write-ahead log, so that all of a backlog that fits into one lies there, whoever
    /// drains it. By itself the broker begins one each 512 MiB: what was filled before that is read from segment files,
    /// at some 3 µs of CPU a message more, and which contender met that would go by whose turn it is.
    /// </summary>
    /// <exception cref="InvalidOperationException">The broker refuses.</exception>
    public async Task RollOverAsync()
    {
        string[] command = ["ctl", folder, "eval", "ra_log_wal:force_roll_over(ra_log_wal)."];
        using Process process = Process.Start(new ProcessStartInfo(script, command) { RedirectStandardOutput = true })!;
        string said = (await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false)).Trim();
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0 || !string.Equals(said, "ok", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"the broker did not begin a new write-ahead log: {said}");
        }

        await SettleAsync().ConfigureAwait(false);
    }

    /// <summary>Waits, for a minute at the most, until it has finished what it does behind what it was told to do.</summary>
    public async Task SettleAsync()
    {
        var patience = Stopwatch.StartNew();
        for (int quiet = 0; quiet < QuietLooks && patience.Elapsed < Patience;)
        {
            double before = CpuSeconds;
            await Task.Delay(Look).ConfigureAwait(false);
            double busy = (CpuSeconds - before) / Look.TotalSeconds;
            quiet = busy < QuietCores ? quiet + 1 : 0;
        }
    }
}
