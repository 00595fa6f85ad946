using System.Globalization;
using DataLoad.Bench.Reporting;

namespace DataLoad.Bench.Cluster;

/// <summary>How long joining, leaving and taking over take, in clusters of two and three nodes that hold what was drained and take in nothing.</summary>
internal sealed class ClusterTimes(ClusterServers servers, FigureTable table)
{
    // What the last change has set going is over by then.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    /// <summary>Measures, and adds the figures.</summary>
    /// <param name="store">What is held.</param>
    /// <param name="size">How many nodes.</param>
    /// <param name="turns">How often a node is killed and one leaves: the oldest one in odd turns, else the youngest one.</param>
    public async Task RunAsync(string store, int size, int turns)
    {
        await using var cluster = new ClusterUnderTest(() => servers.StartNode(store));
        var joins = new List<JoinTimes>();
        var kills = new Dictionary<bool, List<double>> { [true] = [], [false] = [] };
        var leaves = new Dictionary<bool, List<LeaveTimes>> { [true] = [], [false] = [] };
        while (cluster.Nodes.Count < size - 1)
        {
            await cluster.JoinAsync();
        }

        await JoinAsync();
        for (int turn = 1; turn <= turns; turn++)
        {
            bool isOldest = turn % 2 == 1;
            kills[isOldest].Add(await cluster.KillAsync(Chosen()));
            await JoinAsync();
            leaves[isOldest].Add(await cluster.LeaveAsync(Chosen()));
            await JoinAsync();
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{size} nodes, turn {turn}: killed {kills[isOldest][^1]:0.00} s, left {leaves[isOldest][^1]}, joined {joins[^1]}"));

            NodeProcess Chosen() => cluster.Nodes[isOldest ? 0 : cluster.Nodes.Count - 1];
        }

        Report(size, joins, kills, leaves);

        async Task JoinAsync()
        {
            if (cluster.Nodes.Count > 0)
            {
                await cluster.UntilEvenAsync();
            }

            await Task.Delay(Rest);
            joins.Add(await cluster.JoinAsync());
            await Task.Delay(Rest);
        }
    }

    private void Report(int size, List<JoinTimes> joins, Dictionary<bool, List<double>> kills, Dictionary<bool, List<LeaveTimes>> leaves)
    {
        string nodes = size == 2 ? "two nodes" : "three nodes";
        table.Add($"a node joins, the last of {nodes}: from the start of its process until it is a member", "seconds", goal: null,
            [.. joins.Select(join => join.Up)]);
        table.Add($"until Partitions are spread evenly over {nodes}", "seconds", goal: null, [.. joins.Select(join => join.Even)]);
        foreach (bool isOldest in (bool[])[true, false])
        {
            string of = $"{(isOldest ? "the oldest" : "the youngest")} of {nodes}";
            if (kills[isOldest].Count == 0)
            {
                continue;
            }

            table.Add($"{of} is killed: until the others serve all Partitions", "seconds", Goal.AtMost(10), [.. kills[isOldest]]);
            table.Add($"{of} is told to stop: until the others serve all Partitions", "seconds", goal: null,
                [.. leaves[isOldest].Select(leave => leave.Served)]);
            table.Add($"{of} is told to stop: the longest that a Partition serves nowhere", "seconds", goal: null,
                [.. leaves[isOldest].Select(leave => leave.LongestGap)]);
            table.Add($"{of} is told to stop: until its process has ended", "seconds", goal: null, [.. leaves[isOldest].Select(leave => leave.Ended)]);
        }
    }
}
