using System.Diagnostics;
using System.Globalization;
using DataLoad.Bench.Drain;
using DataLoad.Bench.Profile;
using DataLoad.Bench.Reporting;

namespace DataLoad.Bench.Cluster;

/// <summary>What one backlog takes of clusters of one, two and three nodes, in alternating order; what was counted is compared cell by cell.</summary>
/// <param name="servers">The servers.</param>
/// <param name="table">Where the figures go.</param>
/// <param name="profiles">The folder of the samples that tell where the CPU goes, by stage; null where none are taken: what takes them changes the rest.</param>
internal sealed class ClusterDrains(ClusterServers servers, FigureTable table, string? profiles)
{
    private const int MostNodes = 3;
    private const int WarmingPart = 5;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly List<ClusterDrain> _drains = [];

    /// <summary>Drains, and adds the figures.</summary>
    /// <returns>The store of the last drain, whose nodes are gone.</returns>
    /// <param name="messages">The backlog.</param>
    /// <param name="rounds">How often each drains it.</param>
    /// <param name="sizes">How many nodes drain it, one after the other.</param>
    public async Task<string> RunAsync(int messages, int rounds, IReadOnlyList<int> sizes)
    {
        DrainBacklog backlog = await DrainBacklog.MakeAsync(servers.Amqp, servers.Business, messages + (messages / WarmingPart), firstKey: 1);
        string store = "";
        for (int round = 1; round <= rounds; round++)
        {
            foreach (int nodes in round % 2 == 0 ? sizes.Reverse() : sizes)
            {
                store = await DrainAsync(backlog, messages / WarmingPart, nodes, round);
            }
        }

        foreach (int nodes in sizes)
        {
            Report(nodes, [.. _drains.Where(drain => drain.Nodes == nodes)]);
        }

        return store;
    }

    /// <summary>
    /// Has the nodes of one cluster drain the backlog, all from the same moment on: its streams are paused until all share the Partitions and
    /// the broker has settled. A part of it comes first and warms the nodes up, each of which compiles its own code.
    /// </summary>
    private async Task<string> DrainAsync(DrainBacklog backlog, int warming, int nodes, int round)
    {
        string store = await servers.Databases.NewAsync();
        await servers.Broker.RollOverAsync();
        await backlog.DeclareAsync("quorum");
        await using var cluster = new ClusterUnderTest(() => servers.StartNode(store, profiles is null ? null : Perf.Environment));
        for (int i = 0; i < nodes; i++)
        {
            await cluster.JoinAsync();
        }

        warming = await backlog.PublishAsync(0, warming);
        int[] ports = [.. cluster.Nodes.Select(node => node.HttpPort)];
        using var patience = new CancellationTokenSource(Patience);
        await HostWatch.DrainSecondsAsync(ports, warming, patience.Token);

        await SetPausedAsync(cluster, paused: true);
        await backlog.PublishAsync(warming, backlog.Messages);
        await servers.Broker.SettleAsync();

        double idle = await IdleCoresAsync(cluster);
        NodeTraffic traffic = await NodeTraffic.ReadAsync(cluster.Nodes);
        double start = Cpu(cluster);
        (double broker, double database) = servers.ReadCpu();
        Task<double> watch = HostWatch.DrainSecondsAsync(ports, backlog.Messages, patience.Token);
        string samples = Path.Combine(profiles ?? "", string.Create(CultureInfo.InvariantCulture, $"perf-{nodes}-{round}.data"));
        Perf? perf = profiles is null ? null : Perf.Start(samples);
        await SetPausedAsync(cluster, paused: false);
        double seconds = await watch;
        if (perf is not null)
        {
            await perf.DisposeAsync();
            ProfileReport.Add(table, Perf.Count(samples, cluster.Nodes.Select(node => node.Pid)), backlog.Messages - warming, string.Create(CultureInfo.InvariantCulture, $"{nodes} nodes: "));
        }

        double own = Cpu(cluster) - start;
        (double brokerAfter, double databaseAfter) = servers.ReadCpu();
        long bytes = (await NodeTraffic.ReadAsync(cluster.Nodes)).Since(traffic);

        await DrainBench.CompareAsync(backlog, store, string.Create(CultureInfo.InvariantCulture, $"{nodes} nodes"));
        var drain = new ClusterDrain(
            nodes, round, backlog.Messages - warming, warming, seconds, idle, start, own, brokerAfter - broker, databaseAfter - database, bytes);
        _drains.Add(drain);
        Console.Error.WriteLine(drain);
        return store;
    }

    private static async Task SetPausedAsync(ClusterUnderTest cluster, bool paused) => await Task.WhenAll(
        cluster.Nodes.SelectMany(node => DrainBacklog.Streams.Select(stream => node.SetPausedAsync(stream, paused))));

    private static async Task<double> IdleCoresAsync(ClusterUnderTest cluster)
    {
        long from = Stopwatch.GetTimestamp();
        double before = Cpu(cluster);
        await Task.Delay(IdleTime);
        return (Cpu(cluster) - before) / Stopwatch.GetElapsedTime(from).TotalSeconds;
    }

    private static double Cpu(ClusterUnderTest cluster) => cluster.Nodes.Sum(node => node.CpuSeconds);

    private void Report(int nodes, IReadOnlyList<ClusterDrain> drains)
    {
        string by = string.Create(CultureInfo.InvariantCulture, $"{drains[0].Messages:N0} events drained by {nodes} {(nodes == 1 ? "node" : "nodes")}");
        table.Add($"{by}: own CPU of all nodes", "CPU µs an event", goal: null, [.. drains.Select(drain => drain.Micros(drain.OwnCpu))]);
        Dictionary<int, ClusterDrain> ofOne = _drains.Where(drain => drain.Nodes == 1).ToDictionary(drain => drain.Round);
        if (nodes > 1 && ofOne.Count > 0)
        {
            table.Add($"{by}: the same, of one node's in the same round", "ratio", nodes == MostNodes ? Goal.AtMost(1.4) : null,
                [.. drains.Select(drain => drain.OwnCpu / ofOne[drain.Round].OwnCpu)]);
        }

        if (nodes > 1)
        {
            table.Add($"{by}: bytes between nodes", "bytes an event", goal: null, [.. drains.Select(drain => (double)drain.Bytes / drain.Messages)]);
        }

        table.Add($"{by}: CPU of the broker", "CPU µs an event", goal: null, [.. drains.Select(drain => drain.Micros(drain.BrokerCpu))]);
        table.Add($"{by}: CPU of the database", "CPU µs an event", goal: null, [.. drains.Select(drain => drain.Micros(drain.DatabaseCpu))]);
        table.Add($"{by}: rate", "events a second", goal: null, [.. drains.Select(drain => drain.Messages / drain.Seconds)]);
        table.Add($"{by}: just before, own CPU of all nodes while nothing came", "cores", goal: null, [.. drains.Select(drain => drain.IdleCores)]);
        table.Add($"{by}: own CPU of all nodes, their start and {drains[0].Warming:N0} events before included", "CPU µs an event", goal: null,
            [.. drains.Select(drain => drain.WholeMicros)]);
    }
}

/// <summary>One drain.</summary>
/// <param name="Nodes">By how many nodes.</param>
/// <param name="Round">In which round, from 1.</param>
/// <param name="Messages">How many messages.</param>
/// <param name="Warming">How many came before them.</param>
/// <param name="Seconds">From just before the streams go on to the last row written.</param>
/// <param name="IdleCores">How many cores all nodes took just before, while nothing came.</param>
/// <param name="StartCpu">CPU seconds of all nodes from their start until then.</param>
/// <param name="OwnCpu">CPU seconds of all nodes during it.</param>
/// <param name="BrokerCpu">CPU seconds of the broker.</param>
/// <param name="DatabaseCpu">CPU seconds of the database server.</param>
/// <param name="Bytes">What the nodes sent each other.</param>
internal sealed record ClusterDrain(
    int Nodes, int Round, int Messages, int Warming, double Seconds, double IdleCores, double StartCpu, double OwnCpu, double BrokerCpu, double DatabaseCpu,
    long Bytes)
{
    /// <summary>Microseconds of the nodes' CPU for each message, from the start of the nodes on.</summary>
    public double WholeMicros => (StartCpu + OwnCpu) / (Warming + Messages) * 1e6;

    /// <summary>Microseconds for each message.</summary>
    public double Micros(double seconds) => seconds / Messages * 1e6;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"round {Round}, {Nodes} nodes: {Seconds:0.00} s, idle {IdleCores:0.00} cores, CPU µs an event: own {Micros(OwnCpu):0.0}, ")
        + string.Create(CultureInfo.InvariantCulture, $"broker {Micros(BrokerCpu):0.0}, ")
        + string.Create(CultureInfo.InvariantCulture, $"database {Micros(DatabaseCpu):0.0}; {(double)Bytes / Messages:0.0} bytes an event between nodes");
}
