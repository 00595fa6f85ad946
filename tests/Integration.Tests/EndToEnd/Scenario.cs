using System.Globalization;
using DataLoad.Demo;
using Shouldly;
using Xunit;

namespace DataLoad.Integration.Tests.EndToEnd;

/// <summary>
/// A world of one test: a vhost, a store, a business database, what was sent and what it meant; and the hosts that
/// were started over them, which end with it.
/// </summary>
internal sealed class Scenario : IAsyncDisposable
{
    // Rows come within seconds or never; the first waits are short so that nobody waits for them.
    private const string RetryDelays = "[200ms, 300ms, 500ms, 1s, 1s, 2s, 4s, 8s, 15s, 30s]";

    private const int ShownLines = 200;

    private readonly List<HostProcess> _hosts = [];
    private readonly List<(string Server, string Database)> _databases = [];
    private readonly List<WireMessage> _sent = [];
    private readonly string _folder = Servers.NewFolder("scenario");
    private BusinessDatabase? _business;
    private SpringPublisher? _publisher;
    private Generator? _generator;

    private Scenario()
    {
    }

    /// <summary>The URL of the vhost.</summary>
    public required string Amqp { get; init; }

    /// <summary>Where the store is, as the demo and the host's settings write it.</summary>
    public string Store { get; set; } = "";

    /// <summary>Where the business rows are.</summary>
    public string BusinessUrl { get; set; } = "";

    /// <summary>The oracle.</summary>
    public Tally Tally { get; } = new();

    /// <summary>What the generator makes; change it before the first use.</summary>
    public GeneratorOptions Options { get; set; } = new() { Seed = 1, ReceiptTimes = !IsNearMidnight() };

    /// <summary>The configuration of the host that was launched last.</summary>
    public string Config { get; private set; } = "";

    /// <summary>The file of a store in SQLite.</summary>
    public string StoreFile => Store["sqlite:".Length..];

    /// <summary>The file of a SQLite store's journal.</summary>
    public string JournalFile =>
        Path.Combine(Path.GetDirectoryName(StoreFile)!, $"{Path.GetFileNameWithoutExtension(StoreFile)}-journal{Path.GetExtension(StoreFile)}");

    public Generator Generator => _generator ??= new Generator(Options);

    /// <summary>Settings beside the usual ones, in HOCON below <c>dataload</c>.</summary>
    public string Settings { get; set; } = "";

    public BusinessDatabase Business => _business!;

    public SpringPublisher Publisher => _publisher!;

    /// <summary>Makes the world.</summary>
    /// <param name="kind">Where store and business rows are.</param>
    /// <param name="broker">The URL of a broker of the test's own; else a vhost of the shared one.</param>
    /// <param name="server">A PostgreSQL of the test's own; else the shared one.</param>
    /// <param name="business">A PostgreSQL for the business rows; SQLite where it is empty; null for the kind's own.</param>
    /// <param name="declare">Whether exchanges and queues are there before the host.</param>
    public static async Task<Scenario> CreateAsync(StoreKind kind, string? broker = null, string? server = null, string? business = null, bool declare = true)
    {
        var scenario = new Scenario { Amqp = broker ?? await Servers.NewVhostAsync() };
        try
        {
            await scenario.MakeAsync(kind, server ?? (kind == StoreKind.PostgreSql ? Servers.PostgreSql : ""), business, declare);
            return scenario;
        }
        catch
        {
            await scenario.DisposeAsync();
            throw;
        }
    }

    /// <summary>A file of the scenario's.</summary>
    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Starts a host and waits until it is ready.</summary>
    public async Task<HostProcess> StartHostAsync()
    {
        var host = LaunchHost();
        await host.WaitUntilReadyAsync();
        return host;
    }

    /// <summary>Starts a host and waits for nothing.</summary>
    /// <param name="settings">Settings over the scenario's.</param>
    /// <param name="port">Where HTTP answers; 0 takes a free one.</param>
    /// <param name="bearsFileLimit">Whether <see cref="HostProcess.LimitFilesAsync"/> will be used.</param>
    /// <param name="runtimeConfig">A runtime configuration in the place of the program's own.</param>
    /// <param name="network">The network namespace that it runs in, whose settings are given too; null for this process's.</param>
    public HostProcess LaunchHost(string settings = "", int port = 0, bool bearsFileLimit = false, string? runtimeConfig = null, NetworkNamespace? network = null)
    {
        port = port == 0 ? HostProcess.FreePort() : port;
        var config = PathOf(string.Create(CultureInfo.InvariantCulture, $"host-{_hosts.Count + 1}.conf"));
        File.WriteAllText(config, $$"""
            dataload {
              amqp { url = "{{Amqp}}", lag-interval = 300ms }
              store.connection = "{{Store}}"
              business.connection = "{{BusinessUrl}}"
              http.urls = "http://127.0.0.1:{{port.ToString(CultureInfo.InvariantCulture)}}"
              parking { retry-delays = {{RetryDelays}}, claim-time-to-live = 5s, count-interval = 1s }
              retry.limit = 1s
              statistics.flush-interval = 200ms
              {{Settings}}
              {{settings}}
            }
            """);
        Config = config;
        var host = HostProcess.Start(config, port, bearsFileLimit, runtimeConfig, network);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Says what a batch means, commits its rows and publishes its messages.</summary>
    public async Task SendAsync(GeneratedBatch batch)
    {
        batch.Record(Tally);
        await Business.InsertAsync(batch.RowsBefore);
        await PublishAsync(batch.Messages);
    }

    /// <summary>Publishes messages; what they mean is the caller's to say.</summary>
    public async Task PublishAsync(IReadOnlyList<WireMessage> messages)
    {
        _sent.AddRange(messages);
        await Publisher.PublishAsync(messages);
    }

    /// <summary>Sends the generator's mix in batches, each batch's late rows after the batch that follows it.</summary>
    public async Task SendMixAsync(int messages, int batchMessages = 500)
    {
        IReadOnlyList<BusinessRow> late = [];
        for (var sent = 0; sent < messages;)
        {
            var batch = Generator.Next(Math.Min(batchMessages, messages - sent));
            sent += batch.Messages.Count;
            await SendAsync(batch);
            await Business.InsertAsync(late);
            late = batch.RowsAfter;
        }

        await Business.InsertAsync(late);
        var rest = Generator.Rest();
        await SendAsync(rest);
        await Business.InsertAsync(rest.RowsAfter);
    }

    /// <summary>
    /// Waits until every cell is right, sends repeats that must change nothing and one event of each stream behind
    /// them, and looks again; then compares the dead letters.
    /// </summary>
    /// <param name="crashed">Something was killed, so that a dead letter may be there twice.</param>
    public async Task ShouldBeExactAsync(bool crashed = false)
    {
        await ShouldEqualTallyAsync();
        await SendAsync(Generator.Echoes(200));
        foreach (var stream in ContractStreams.All)
        {
            var one = Generator.NextOf(stream);
            await SendAsync(one);
            await Business.InsertAsync(one.RowsAfter);
        }

        await SendAsync(Generator.Rest());
        await ShouldEqualTallyAsync();
        await ShouldHaveDeadLettersAsync(crashed);
    }

    /// <summary>Waits until every cell of the tables is as the tally says.</summary>
    public async Task ShouldEqualTallyAsync(TimeSpan? timeout = null)
    {
        var comparison = await TallyComparer.WaitUntilEqualAsync(Tally, Store, timeout ?? Deadline.Usual);
        comparison.AllEqual.ShouldBeTrue(comparison.Describe());
    }

    /// <summary>Waits for the dead letters and compares them with what was sent: each is a message as it came.</summary>
    public async Task<IReadOnlyList<DeadLetter>> ShouldHaveDeadLettersAsync(bool crashed = false)
    {
        await DeadLetters.WaitForAsync(Amqp, Tally.DeadLetterCount, Deadline.Usual);
        var letters = await DeadLetters.ReadAsync(Amqp);
        if (crashed)
        {
            foreach (var (stream, expected) in Tally.DeadLetters)
            {
                letters.LongCount(letter => string.Equals(letter.Stream, stream, StringComparison.Ordinal)).ShouldBeGreaterThanOrEqualTo(expected, stream);
            }
        }
        else
        {
            DeadLetters.Differences(Tally, letters)
                .ShouldBeEmpty(string.Join('\n', letters.Select(letter => $"{letter.Stream} {letter.Reason}: {letter.Error}")));
        }

        var sent = _sent.Select(message => (message.Stream.Name, Convert.ToHexString(message.Body), message.ContentType, message.MessageId)).ToHashSet();
        letters.Where(letter => !letter.Persistent
            || !sent.Contains((letter.Stream ?? "", Convert.ToHexString(letter.Body), letter.ContentType, letter.MessageId)))
            .ShouldBeEmpty("dead letters that are not as they came");
        return letters;
    }

    /// <summary>Makes a world, runs a test in it, shows the hosts' logs and what their streams are at where it fails, and ends all that runs in it.</summary>
    public static async Task RunAsync(Func<Task<Scenario>> create, Func<Scenario, Task> test)
    {
        await using var scenario = await create();
        try
        {
            await test(scenario);
        }
        catch
        {
            scenario.ShowLogs();
            await scenario.ShowMetricsAsync();
            throw;
        }
    }

    /// <summary>Runs a test in a world over the shared servers.</summary>
    public static Task RunAsync(StoreKind kind, Func<Scenario, Task> test) => RunAsync(() => CreateAsync(kind), test);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        if (_publisher is not null)
        {
            await _publisher.DisposeAsync();
        }

        if (_business is not null)
        {
            await _business.DisposeAsync();
        }

        foreach (var (server, database) in _databases.Where(made => string.Equals(made.Server, Servers.PostgreSql, StringComparison.Ordinal)))
        {
            await Servers.DropDatabaseAsync(server, database);
        }

        Directory.Delete(_folder, recursive: true);
    }

    // An event without any time counts on the day of its receipt, which may be the next one just before midnight.
    private static bool IsNearMidnight()
    {
        var here = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"));
        return here.TimeOfDay > new TimeSpan(23, 50, 0);
    }

    private async Task ShowMetricsAsync()
    {
        foreach (var (number, host) in _hosts.Index())
        {
            if (await host.TryMetricsAsync() is { } metrics)
            {
                var lines = metrics.Text.Split('\n').Where(line => line.Contains("stream=\"", StringComparison.Ordinal)
                    && !line.Contains("_bucket{", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
                TestContext.Current.TestOutputHelper?.WriteLine($"metrics of host {number + 1}:\n{string.Join('\n', lines)}");
            }
        }
    }

    private void ShowLogs()
    {
        foreach (var (number, host) in _hosts.Index())
        {
            var lines = host.Log.Split('\n');
            TestContext.Current.TestOutputHelper?.WriteLine($"host {number + 1}{(host.HasExited ? $" (ended with {host.ExitCode})" : "")}:\n{host.Errors}");
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Join('\n', lines.Length <= ShownLines ? lines : [.. lines[..(ShownLines / 2)], "…", .. lines[^(ShownLines / 2)..]]));
        }
    }

    private async Task MakeAsync(StoreKind kind, string server, string? business, bool declare)
    {
        Store = kind == StoreKind.Sqlite ? $"sqlite:{PathOf("store.db")}" : await NewDatabaseAsync(server);
        business ??= server;
        BusinessUrl = business.Length == 0 ? $"sqlite:{PathOf("business.db")}" : await NewDatabaseAsync(business);
        _business = await BusinessDatabase.OpenAsync(BusinessUrl);
        _publisher = await SpringPublisher.ConnectAsync(Amqp, reconnectFor: TimeSpan.FromSeconds(60), declare);
    }

    private async Task<string> NewDatabaseAsync(string server)
    {
        var database = await Servers.NewDatabaseAsync(server);
        _databases.Add((server, database));
        return database;
    }
}
