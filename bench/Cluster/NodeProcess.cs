using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DataLoad.Bench.Drain;

namespace DataLoad.Bench.Cluster;

/// <summary>A node of a cluster, as a process of its own, which is asked by HTTP.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    // Short: a node that just ended must not hold up the look at the others.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly Task _log;
    private string? _id;

    private NodeProcess(Process process, int httpPort, int clusterPort, long startedAt, TextWriter log)
    {
        (_process, HttpPort, ClusterPort, StartedAt) = (process, httpPort, clusterPort, startedAt);
        _http = new HttpClient { BaseAddress = AddressOf(httpPort), Timeout = AnswerPatience };
        _log = LogAsync(log);
    }

    /// <summary>Where its API is.</summary>
    public int HttpPort { get; }

    /// <summary>Where other nodes reach it.</summary>
    public int ClusterPort { get; }

    /// <summary>When its process was started, as <see cref="Stopwatch.GetTimestamp"/> has it.</summary>
    public long StartedAt { get; }

    /// <summary>The number of its process.</summary>
    public int Pid => _process.Id;

    /// <summary>CPU seconds since it was started.</summary>
    public double CpuSeconds => CpuMeter.SecondsOfTree(_process.Id);

    /// <summary>Starts a node.</summary>
    /// <param name="program">The program, <c>dist/dataload</c>.</param>
    /// <param name="amqp">The broker.</param>
    /// <param name="store">The store.</param>
    /// <param name="business">The business database.</param>
    /// <param name="log">Where its log goes.</param>
    /// <param name="environment">What it is started with besides.</param>
    public static NodeProcess Start(
        string program, string amqp, string store, string business, TextWriter log, IReadOnlyDictionary<string, string> environment)
    {
        int http = Ports.Free();
        int cluster = Ports.Free();
        var start = new ProcessStartInfo(program, ["serve"]) { RedirectStandardOutput = true };
        start.Environment["DATALOAD_AMQP_URL"] = amqp;
        start.Environment["DATALOAD_STORE"] = store;
        start.Environment["DATALOAD_BUSINESS"] = business;
        start.Environment["DATALOAD_HTTP"] = AddressOf(http).GetLeftPart(UriPartial.Authority);
        start.Environment["DATALOAD_CLUSTER_PORT"] = cluster.ToString(CultureInfo.InvariantCulture);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        long startedAt = Stopwatch.GetTimestamp();
        return new NodeProcess(Process.Start(start)!, http, cluster, startedAt, log);
    }

    /// <summary>The nodes that this one knows; empty where it does not answer.</summary>
    public async Task<IReadOnlyList<KnownNode>> NodesAsync()
    {
        using JsonDocument? answer = await TryReadAsync("/api/v1/nodes");
        return answer is null ? [] :
        [
            .. answer.RootElement.GetProperty("nodes").EnumerateArray().Select(node => new KnownNode(
                new Uri(node.GetProperty("address").GetString()!).Port, node.GetProperty("shards").GetInt32(), node.GetProperty("state").GetString()!)),
        ];
    }

    /// <summary>The Partitions that serve at this node; empty where it does not answer.</summary>
    /// <remarks>It answers for all nodes, and what it says of another may be a moment old.</remarks>
    public async Task<IReadOnlyList<int>> ServingAsync()
    {
        _id ??= await ReadIdAsync();
        using JsonDocument? answer = await TryReadAsync("/api/v1/shards");
        return answer is null ? [] :
        [
            .. answer.RootElement.GetProperty("shards").EnumerateArray()
                .Where(shard => shard.GetProperty("phase").ValueEquals("serving") && shard.GetProperty("node").ValueEquals(_id))
                .Select(shard => shard.GetProperty("shard").GetInt32()),
        ];
    }

    private async Task<string?> ReadIdAsync()
    {
        using JsonDocument? status = await TryReadAsync("/api/v1/status");
        return status?.RootElement.GetProperty("node").GetString();
    }

    /// <summary>Pauses or resumes a stream.</summary>
    public async Task SetPausedAsync(string stream, bool paused)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"/api/v1/streams/{stream}/{(paused ? "pause" : "resume")}", UriKind.Relative));
        request.Headers.Add("X-DataLoad-Request", "1");
        using HttpResponseMessage response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Kills it as <c>kill -9</c> does.</summary>
    /// <returns>When.</returns>
    public long Kill()
    {
        long at = Stopwatch.GetTimestamp();
        _process.Kill();
        return at;
    }

    /// <summary>Tells it to stop.</summary>
    /// <returns>When.</returns>
    public async Task<long> TerminateAsync()
    {
        long at = Stopwatch.GetTimestamp();
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        return at;
    }

    /// <summary>Waits until it has ended.</summary>
    /// <exception cref="TimeoutException">It did not in time.</exception>
    public async Task<int> EndAsync(TimeSpan patience)
    {
        await _process.WaitForExitAsync().WaitAsync(patience);
        return _process.ExitCode;
    }

    /// <summary>Ends it, however it is.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _log;
        _process.Dispose();
        _http.Dispose();
    }

    private static Uri AddressOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"));

    private async Task<JsonDocument?> TryReadAsync(string path)
    {
        try
        {
            return JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative)));
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            // Not listening yet, or no more.
            return null;
        }
    }

    private async Task LogAsync(TextWriter log)
    {
        while (await _process.StandardOutput.ReadLineAsync() is string line)
        {
            await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{HttpPort} {line}"));
        }
    }
}

/// <summary>A node, as another one knows it.</summary>
/// <param name="HttpPort">Where its API is.</param>
/// <param name="Partitions">How many Partitions it has.</param>
/// <param name="State">What it is at.</param>
internal sealed record KnownNode(int HttpPort, int Partitions, string State);
