using System.Diagnostics;
using System.Globalization;

namespace DataLoad.Bench.Cluster;

/// <summary>The nodes of one cluster, the oldest first, and how long it takes until they are as they should be.</summary>
/// <param name="start">Starts a node.</param>
internal sealed class ClusterUnderTest(Func<NodeProcess> start) : IAsyncDisposable
{
    private const int Partitions = 32;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly List<NodeProcess> _nodes = [];

    /// <summary>The nodes that run, the oldest first.</summary>
    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    /// <summary>Adds a node, and waits until it is a member and all have the same share of Partitions, as the oldest one knows.</summary>
    public async Task<JoinTimes> JoinAsync()
    {
        NodeProcess node = start();
        _nodes.Add(node);
        await UntilAsync("the node is a member", async () =>
            (await _nodes[0].NodesAsync()).Any(known => known.HttpPort == node.HttpPort && string.Equals(known.State, "serving", StringComparison.Ordinal)));
        double up = Stopwatch.GetElapsedTime(node.StartedAt).TotalSeconds;
        await UntilEvenAsync();
        return new JoinTimes(up, Stopwatch.GetElapsedTime(node.StartedAt).TotalSeconds);
    }

    /// <summary>Waits until all nodes have the same share of Partitions, as the oldest one knows, and all Partitions serve.</summary>
    public Task UntilEvenAsync() => UntilAsync("an even spread", async () =>
    {
        IReadOnlyList<KnownNode> known = await _nodes[0].NodesAsync();
        return known.Count == _nodes.Count && known.Sum(node => node.Partitions) == Partitions
            && known.Max(node => node.Partitions) - known.Min(node => node.Partitions) <= 1
            && (await ServingAsync(_nodes)).Count == Partitions;
    });

    /// <summary>Kills a node, and waits until the others serve all Partitions.</summary>
    /// <returns>The seconds from the kill on.</returns>
    public async Task<double> KillAsync(NodeProcess node)
    {
        _nodes.Remove(node);
        long at = node.Kill();
        (double seconds, _) = await UntilServedAsync(at, _nodes);
        await node.DisposeAsync();
        return seconds;
    }

    /// <summary>Stops a node in order, and waits until the others serve all Partitions.</summary>
    public async Task<LeaveTimes> LeaveAsync(NodeProcess node)
    {
        NodeProcess[] all = [.. _nodes];
        _nodes.Remove(node);
        long at = await node.TerminateAsync();
        Task<int> end = node.EndAsync(Patience);
        Task<double> ended = end.ContinueWith(
            _ => Stopwatch.GetElapsedTime(at).TotalSeconds, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        (double seconds, double gap) = await UntilServedAsync(at, all);
        if (await end is int code and not 0)
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"a node that was told to stop ended with {code}"));
        }

        await node.DisposeAsync();
        return new LeaveTimes(seconds, gap, await ended);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (NodeProcess node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    /// <summary>Looks at the nodes every 50 ms until those of the cluster serve all Partitions.</summary>
    /// <returns>How long from a moment on, and the longest that a Partition was seen serving at none of them.</returns>
    private async Task<(double Seconds, double LongestGap)> UntilServedAsync(long from, IReadOnlyList<NodeProcess> looked)
    {
        long[] served = [.. Enumerable.Repeat(from, Partitions)];
        double longest = 0;
        while (true)
        {
            IReadOnlyList<int>[] serving = await Task.WhenAll(looked.Select(node => node.ServingAsync()));
            long now = Stopwatch.GetTimestamp();
            foreach (int partition in serving.SelectMany(partitions => partitions).Distinct())
            {
                longest = Math.Max(longest, Stopwatch.GetElapsedTime(served[partition], now).TotalSeconds);
                served[partition] = now;
            }

            double seconds = Stopwatch.GetElapsedTime(from, now).TotalSeconds;
            if (serving.Where((_, i) => _nodes.Contains(looked[i])).SelectMany(partitions => partitions).Distinct().Count() == Partitions)
            {
                return (seconds, longest);
            }

            if (seconds > Patience.TotalSeconds)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture,
                    $"not all Partitions serve after {seconds:0} s: {string.Join(" + ", serving.Select(partitions => partitions.Count))} of {Partitions}"));
            }

            await Task.Delay(Look);
        }
    }

    private static async Task<IReadOnlySet<int>> ServingAsync(IEnumerable<NodeProcess> nodes) =>
        (await Task.WhenAll(nodes.Select(node => node.ServingAsync()))).SelectMany(partitions => partitions).ToHashSet();

    private static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        long from = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(from) > Patience)
            {
                throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"waited {Patience.TotalSeconds:0} s in vain until {what}"));
            }

            await Task.Delay(Look);
        }
    }
}

/// <summary>How long a node took to join, in seconds since its process was started.</summary>
/// <param name="Up">Until it was a member.</param>
/// <param name="Even">Until all nodes had the same share of Partitions.</param>
internal sealed record JoinTimes(double Up, double Even);

/// <summary>How long a node took to leave, in seconds since it was told to stop.</summary>
/// <param name="Served">Until the others served all Partitions.</param>
/// <param name="LongestGap">The longest that a Partition served nowhere.</param>
/// <param name="Ended">Until its process ended.</param>
internal sealed record LeaveTimes(double Served, double LongestGap, double Ended);
