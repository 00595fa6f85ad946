using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using DataLoad.Demo;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>The program under test, <c>dataload serve</c>, as a process of its own.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private const int FirstPort = 10_000;
    private const int Ports = 10_000;

    // Other processes with tests begin elsewhere.
    private static int _nextPort = Random.Shared.Next(Ports);

    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly StringBuilder _errors = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(100) };
    private readonly EventHandler _endWithTests;
    private bool _frozen;

    private HostProcess(string config, int port, bool bearsFileLimit, string? runtimeConfig, NetworkNamespace? network)
    {
        Http = new Uri($"http://{network?.Address ?? IPAddress.Loopback}:{port}");
        if (network is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", network.Token);
        }

        var start = new ProcessStartInfo(bearsFileLimit ? "/bin/bash" : network is null ? "dotnet" : "ip")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Path.GetDirectoryName(config),
        };
        if (bearsFileLimit)
        {
            // A write beyond the limit is to fail, as on a full disk, and not to end the process by a signal.
            start.ArgumentList.Add("-c");
            start.ArgumentList.Add("trap '' XFSZ; exec dotnet \"$@\"");
            start.ArgumentList.Add("bash");
        }

        foreach (var argument in network is null ? [] : (string[])["netns", "exec", network.Name, "dotnet"])
        {
            start.ArgumentList.Add(argument);
        }

        string[] exec = runtimeConfig is null ? [] : ["exec", "--runtimeconfig", runtimeConfig];
        foreach (var argument in (string[])[.. exec, Servers.Program, "serve", "--config", config])
        {
            start.ArgumentList.Add(argument);
        }

        ProgramEnvironment.Prepare(start);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Append(_log, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        _endWithTests = (_, _) => End();
        AppDomain.CurrentDomain.ProcessExit += _endWithTests;
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The most memory that it has held at once, in bytes, as Linux counts it.</summary>
    public long PeakMemoryBytes => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id.ToString(CultureInfo.InvariantCulture)}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);

    /// <summary>What it holds now.</summary>
    public ProcessSample Sample() => ProcessSample.Of(_process.Id);

    /// <summary>Where health, metrics and administration answer.</summary>
    public Uri Http { get; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>What it logged.</summary>
    public string Log => Read(_log);

    /// <summary>What it said on standard error.</summary>
    public string Errors => Read(_errors);

    /// <summary>Starts it with this configuration, which says that HTTP is on this port.</summary>
    public static HostProcess Start(string config, int port, bool bearsFileLimit = false, string? runtimeConfig = null, NetworkNamespace? network = null) =>
        new(config, port, bearsFileLimit, runtimeConfig, network);

    /// <summary>A port on which nobody listened just now: below those that connections take for their own end, and those of the private servers, so that nobody
    /// takes it before the program does.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = FirstPort + (int)((uint)Interlocked.Increment(ref _nextPort) % Ports);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Somebody else's; the next one.
            }
        }
    }

    /// <summary>Waits until it says that it is ready; fails at once where it ended instead.</summary>
    public async Task WaitUntilReadyAsync()
    {
        using var ended = new CancellationTokenSource();
        var exit = _process.WaitForExitAsync(ended.Token);
        var ready = HostReadiness.WaitAsync(Http, Deadline.Usual, ended.Token);
        var first = await Task.WhenAny(exit, ready);
        if (first == exit)
        {
            await ended.CancelAsync();
            throw new InvalidOperationException($"the host ended with {ExitCode} before it was ready\n{Errors}\n{Log}");
        }

        await ready;
        await ended.CancelAsync();
        await exit.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Waits until a line of the log holds this text.</summary>
    public Task WaitForLogAsync(string text) => Deadline.UntilAsync($"a log line with '{text}'", () => Log.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits until so many deliveries were counted, found to be duplicates or dead-lettered, and none is parked.</summary>
    public Task WaitUntilSettledAsync(int deliveries) => Deadline.UntilAsync(
        "all deliveries to be settled",
        async () => await MetricsAsync() is var metrics
            && metrics.Sum("dataload_events_total") + metrics.Sum("dataload_duplicates_total") + metrics.Sum("dataload_dead_letters_total") >= deliveries
            && metrics.Sum("dataload_parked_waiting") == 0);

    /// <summary>Waits until a metric has grown to a value since this process began.</summary>
    public Task WaitForMetricAsync(string family, double least, params string[] labels) => Deadline.UntilAsync(
        $"{family} of at least {least}",
        async () => !HasExited ? await TryMetricsAsync() is { } page && page.Sum(family, labels) >= least
            : throw new InvalidOperationException("the host has ended"));

    /// <summary>Ends it as a crash would, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Signal.Kill.Send(_process.Id);
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop in order.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> StopAsync()
    {
        var clock = Stopwatch.StartNew();
        Signal.Terminate.Send(_process.Id);
        await WaitForExitAsync();
        return clock.Elapsed;
    }

    /// <summary>Waits until it has ended, and all that it said is read.</summary>
    public async Task WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(ExitPatience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the host did not end in {ExitPatience.TotalSeconds} s");
        }
    }

    /// <summary>Stops it in its tracks, wherever it is.</summary>
    public void Freeze()
    {
        Signal.Stop.Send(_process.Id);
        _frozen = true;
    }

    /// <summary>Lets it go on, as if no time had passed.</summary>
    public void Wake()
    {
        Signal.Continue.Send(_process.Id);
        _frozen = false;
    }

    /// <summary>
    /// Makes its writes beyond so many bytes of a file fail, part of one perhaps written; null takes the limit away. One
    /// that has ended has none.
    /// </summary>
    public async Task LimitFilesAsync(long? bytes)
    {
        if (HasExited)
        {
            return;
        }

        var limit = bytes?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
        using var prlimit = Process.Start("prlimit", ["--pid", _process.Id.ToString(CultureInfo.InvariantCulture), $"--fsize={limit}:"]);
        await prlimit.WaitForExitAsync();
        if (prlimit.ExitCode != 0)
        {
            throw new InvalidOperationException($"prlimit ended with {prlimit.ExitCode}");
        }
    }

    /// <summary>Sends a request as it is.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request);

    /// <summary>Waits until it says that it is not ready, for a reason that holds a text.</summary>
    /// <exception cref="TimeoutException">It never was; the message names what it answered last.</exception>
    public async Task WaitUntilNotReadyAsync(string reason)
    {
        string body = "";
        try
        {
            await Deadline.UntilAsync($"not ready, '{reason}'", async () =>
            {
                try
                {
                    (HttpStatusCode status, body) = await GetAsync("/health/ready");
                    return status == HttpStatusCode.ServiceUnavailable && body.Contains(reason, StringComparison.Ordinal);
                }
                catch (HttpRequestException) when (!HasExited)
                {
                    // It does not listen yet.
                    return false;
                }
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; it answered last {body}", e);
        }
    }

    /// <summary>What it answers at a path.</summary>
    public async Task<(HttpStatusCode Status, string Body)> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Http, path));
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>What its API answers, as JSON.</summary>
    public async Task<JsonElement> ReadAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Http, "/api/v1" + path));
        return await JsonOfAsync(answer);
    }

    /// <summary>Has its API do something.</summary>
    public async Task<JsonElement> DoAsync(string path, string json = "{}", HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri(Http, "/api/v1" + path))
        { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-DataLoad-Request", "1");
        using var answer = await _http.SendAsync(request);
        return await JsonOfAsync(answer, expected);
    }

    /// <summary>Its metrics now.</summary>
    public async Task<MetricsPage> MetricsAsync() => new((await GetAsync("/metrics")).Body);

    private static async Task<JsonElement> JsonOfAsync(HttpResponseMessage answer, HttpStatusCode expected = HttpStatusCode.OK)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return answer.StatusCode == expected ? JsonDocument.Parse(text).RootElement
            : throw new InvalidOperationException($"the host answered {(int)answer.StatusCode}: {text}");
    }

    /// <summary>What <c>/metrics</c> says, or null where nothing answers.</summary>
    public async Task<MetricsPage?> TryMetricsAsync()
    {
        try
        {
            return await MetricsAsync();
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= _endWithTests;
        End();
        await _process.WaitForExitAsync();
        _http.Dispose();
        _process.Dispose();
    }

    private static void Append(StringBuilder text, string? line)
    {
        if (line is not null)
        {
            lock (text)
            {
                text.AppendLine(line);
            }
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private void End()
    {
        if (_process.HasExited)
        {
            return;
        }

        if (_frozen)
        {
            Wake();
        }

        _process.Kill();
    }
}
