using DataLoad.Engine.Clustering;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Admin;
using DataLoad.Host.Hosting;

namespace DataLoad.Host.Commands;

/// <summary><c>dataload rebuild</c>: corrects the statistics tables from the journal.</summary>
internal static class RebuildCommand
{
    private const string Details =
        """
        Computes the statistics anew from the journal and corrects the rows that differ, are missing, or that no event
        accounts for. A node that runs is asked to do it, since the owner alone may correct rows; without one the command
        takes the Partitions itself. Rows that the engine did not write are left alone.

        Examples:
          dataload rebuild --topic activity:7
          dataload rebuild --page act --from 2024-11-01 --to 2024-11-30
          dataload rebuild

        Exit codes: 0 done; 2 it could not be done.
        """;

    public static Command Create(Option<FileInfo[]> config)
    {
        var filter = new FilterOptions();
        Option<int> timeout = Options.Number("--timeout", "SECONDS", "How many seconds a running node may take before the command stops waiting for it.",
            1, 604_800, 3600);
        var command = new DetailedCommand("rebuild", "Corrects the statistics tables from the journal.", Details) { config, timeout };
        filter.AddTo(command);
        return command.Runs(async (result, cancellationToken) =>
        {
            HostSettings settings = result.LoadSettings(config);

            // What the engine says while it recovers is of no interest here; what goes wrong is thrown.
            await using ServiceProvider services = new ServiceCollection().AddLogging().AddNode(settings, address: "").BuildServiceProvider();
            IStore store = services.GetRequiredService<IStore>();
            int partitions = await Databases.PartitionsAsync(store, cancellationToken);
            RebuildRequest request = filter.Read(result);
            RebuildTotals done;
            if (await store.Leases.FindOwnerAsync(cancellationToken) is { } owner)
            {
                using OwnerClient client = OwnerClient.Create(owner);
                done = await client.RebuildAsync(request, TimeSpan.FromSeconds(result.GetValue(timeout)), cancellationToken);
            }
            else
            {
                done = await RunHereAsync(services.GetRequiredService<ClusterNode>(), partitions, request, cancellationToken);
            }

            await result.InvocationConfiguration.Output.WriteLineAsync($"{done.Counters} Counters computed, {done.Corrected} rows corrected, {done.Removed} "
                + "rows removed.");
            return ExitCode.Done;
        });
    }

    private static Task<RebuildTotals> RunHereAsync(ClusterNode node, int partitions, RebuildRequest request, CancellationToken cancellationToken) =>
        Progress.ShowAsync("Rebuilding Partitions", partitions, async progress =>
        {
            RebuildTotals? done = null;
            await node.RunOfflineAsync(async client => done = await client.RebuildAsync(request.ToFilter(), progress, cancellationToken), cancellationToken);
            return done!;
        });
}
