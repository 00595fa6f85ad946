using DataLoad.Integration.Tests.EndToEnd;

namespace DataLoad.Integration.Tests.Cluster;

/// <summary>The nodes of a cluster that run now, over one scenario's store and broker.</summary>
internal sealed class NodeSet(Scenario scenario)
{
    private const int Partitions = 32;

    private readonly List<HostProcess> _nodes = [];

    public IReadOnlyList<HostProcess> Nodes => _nodes;

    public HostProcess this[int index] => _nodes[index];

    /// <summary>Starts nodes at the same time, and waits until they are one cluster that shares all Partitions evenly.</summary>
    public async Task StartAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Launch();
        }

        await WaitUntilEvenAsync();
    }

    /// <summary>Starts one more node, and waits for nothing.</summary>
    /// <param name="settings">Settings over the scenario's.</param>
    /// <param name="runtimeConfig">A runtime configuration in the place of the program's own.</param>
    /// <param name="network">The network namespace that it runs in.</param>
    /// <param name="port">Where HTTP answers; 0 takes a free one.</param>
    public HostProcess Launch(string settings = "", string? runtimeConfig = null, NetworkNamespace? network = null, int port = 0)
    {
        var node = scenario.LaunchHost(settings, port, runtimeConfig: runtimeConfig, network: network);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Kills a node, which is none of the cluster's from then on.</summary>
    public async Task KillAsync(HostProcess node)
    {
        _nodes.Remove(node);
        await node.KillAsync();
    }

    /// <summary>Stops a node in order.</summary>
    public async Task<TimeSpan> StopAsync(HostProcess node)
    {
        _nodes.Remove(node);
        return await node.StopAsync();
    }

    /// <summary>Waits until each node is ready, and knows of all others and of the same share of Partitions for each.</summary>
    public async Task WaitUntilEvenAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.WaitUntilReadyAsync()));
        foreach (var node in _nodes)
        {
            await Deadline.UntilAsync("an even spread", async () => IsEven(await SharesAsync(node)));
        }
    }

    /// <summary>Waits until a node has all Partitions, as it sees it.</summary>
    public static Task WaitUntilAloneAsync(HostProcess node) => Deadline.UntilAsync(
        "one node to have all Partitions", async () => (await SharesAsync(node)) is [Partitions, ..]);

    /// <summary>Waits until one node was downed and begins anew, and one has all Partitions, as it sees it.</summary>
    public async Task WaitUntilOneGoesOnAsync()
    {
        await Deadline.UntilAsync(
            "one of them to be downed and begin anew", () => _nodes.Exists(node => node.Log.Contains("is made anew", StringComparison.Ordinal)));
        await Deadline.UntilAsync(
            "one of them to have all Partitions", async () => (await Task.WhenAll(_nodes.Select(SharesAsync))).Any(shares => shares is [Partitions, ..]));
    }

    /// <summary>Waits until all Partitions serve at one node, as it sees it.</summary>
    public static async Task WaitUntilServingAloneAsync(HostProcess node)
    {
        var id = (await node.ReadAsync("/status")).GetProperty("node").GetString();
        await Deadline.UntilAsync("one node to serve all Partitions", async () =>
        {
            var partitions = (await node.ReadAsync("/partitions")).GetProperty("partitions").EnumerateArray().ToList();
            return partitions.Count == Partitions && partitions.TrueForAll(partition => partition.GetProperty("phase").ValueEquals("serving")
                && partition.GetProperty("node").ValueEquals(id));
        });
    }

    /// <summary>How many Partitions a node knows of at each node.</summary>
    public static async Task<IReadOnlyList<int>> SharesAsync(HostProcess node) =>
        [.. (await node.ReadAsync("/nodes")).GetProperty("nodes").EnumerateArray().Select(one => one.GetProperty("shards").GetInt32())];

    /// <summary>The sum of a metric over the nodes that run.</summary>
    public async Task<double> SumAsync(string family)
    {
        var pages = await Task.WhenAll(_nodes.Select(node => node.TryMetricsAsync()));
        return pages.Sum(page => page?.Sum(family) ?? 0);
    }

    private bool IsEven(IReadOnlyList<int> shares) => shares.Count == _nodes.Count && shares.Sum() == Partitions && shares.Max() - shares.Min() <= 1;
}
