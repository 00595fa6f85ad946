using System.Globalization;
using DataLoad.Bench.Drain;
using DataLoad.Bench.Reporting;

namespace DataLoad.Bench.Cluster;

/// <summary>The private servers that a cluster runs over, and its program.</summary>
internal sealed class ClusterServers : IAsyncDisposable
{
    private const string BusinessName = "bench_business";

    private readonly string _program;
    private readonly StreamWriter _file;
    private readonly TextWriter _log;
    private readonly int _databasePid;

    private ClusterServers(BenchArguments arguments)
    {
        Amqp = arguments.Text("--amqp");
        int brokerPid = int.Parse(arguments.Text("--broker-pid"), CultureInfo.InvariantCulture);
        Broker = new Broker(brokerPid, arguments.Text("--broker-script"), arguments.Text("--broker-folder"));
        Databases = new Databases(arguments.Text("--postgres"));
        Business = Databases.UrlOf(BusinessName);
        _databasePid = int.Parse(arguments.Text("--postgres-pid"), CultureInfo.InvariantCulture);
        _program = arguments.Text("--host");
        // One file for all, each line of which begins with the node's HTTP port.
        _file = new StreamWriter(Path.Combine(arguments.Output, "cluster-nodes.log")) { AutoFlush = true };
        _log = TextWriter.Synchronized(_file);
    }

    /// <summary>The broker's URL.</summary>
    public string Amqp { get; }

    /// <summary>The broker.</summary>
    public Broker Broker { get; }

    /// <summary>The database server.</summary>
    public Databases Databases { get; }

    /// <summary>The business database.</summary>
    public string Business { get; }

    /// <summary>Makes the business database.</summary>
    public static async Task<ClusterServers> PrepareAsync(BenchArguments arguments)
    {
        Directory.CreateDirectory(arguments.Output);
        var servers = new ClusterServers(arguments);
        await servers.Databases.CreateAsync(BusinessName);
        return servers;
    }

    /// <summary>Starts a node over a store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="environment">What it is started with besides.</param>
    public NodeProcess StartNode(string store, IReadOnlyDictionary<string, string>? environment = null) =>
        NodeProcess.Start(_program, Amqp, store, Business, _log, environment ?? new Dictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Closes the log.</summary>
    public ValueTask DisposeAsync() => _file.DisposeAsync();

    /// <summary>CPU seconds of both servers.</summary>
    public (double Broker, double Database) ReadCpu() => (Broker.CpuSeconds, CpuMeter.SecondsOfTree(_databasePid));
}
