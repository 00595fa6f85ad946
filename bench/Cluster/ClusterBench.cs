using System.Globalization;
using DataLoad.Bench.Reporting;

namespace DataLoad.Bench.Cluster;

/// <summary>Measures clusters on one machine: what an event costs with more nodes, and how long nodes take to join, to leave and to take over.</summary>
internal static class ClusterBench
{
    /// <summary>Runs all, and writes the figures.</summary>
    /// <returns>0; what was counted wrong, or a node that does not do what it should in time, is an exception.</returns>
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        bool isProfile = arguments.Number("--profile", 0) != 0;
        var table = new FigureTable(isProfile ? "cluster-profile" : "cluster", arguments.Output);
        int[] sizes = [.. arguments.Text("--nodes").Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
        await using ClusterServers servers = await ClusterServers.PrepareAsync(arguments);
        string store = await new ClusterDrains(servers, table, isProfile ? arguments.Output : null).RunAsync(arguments.Number("--messages", 500_000), arguments.Number("--rounds", 3), sizes);
        int turns = isProfile ? 0 : arguments.Number("--turns", 6);
        foreach (int size in turns == 0 ? (int[])[] : [2, 3])
        {
            await new ClusterTimes(servers, table).RunAsync(store, size, turns);
        }

        table.Print();
        return 0;
    }
}
