using System.Diagnostics;
using System.Globalization;
using DataLoad.Bench.Profile;
using DataLoad.Demo;
using Npgsql;

namespace DataLoad.Bench.Drain;

/// <summary>
/// Measures drains in alternating pairs over the same backlog: a consumer that only acknowledges, then the program under
/// test with full durability; and beside them a consumer as a team would write it by hand. Each drain is a process of
/// its own, on a database of its own, and what was counted is compared cell by cell.
/// </summary>
public sealed class DrainBench
{
    private const string Business = "bench_business";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly DrainOptions _options;
    private readonly Broker _broker;
    private readonly List<DrainResult> _results = [];
    private readonly string _business;
    private readonly Databases _databases;

    private DrainBench(DrainOptions options)
    {
        _options = options;
        _broker = new Broker(options.BrokerPid, options.BrokerScript, options.BrokerFolder);
        _databases = new Databases(options.Postgres);
        _business = _databases.UrlOf(Business);
    }

    /// <summary>Runs all drains and writes the report.</summary>
    /// <returns>0, or 1 where a table differs from what was sent.</returns>
    public static async Task<int> RunAsync(DrainOptions options)
    {
        var bench = new DrainBench(options);
        await bench.RunAllAsync().ConfigureAwait(false);
        if (!options.Profile)
        {
            await DrainReport.WriteAsync(options, bench._results).ConfigureAwait(false);
        }

        return 0;
    }

    private async Task RunAllAsync()
    {
        Directory.CreateDirectory(_options.Output);
        await _databases.CreateAsync(Business).ConfigureAwait(false);
        DrainBacklog backlog = await DrainBacklog.MakeAsync(_options.Amqp, _business, _options.Messages, firstKey: 1).ConfigureAwait(false);
        (string Name, string Program, string? Settings)[] hosts = [("dataload", _options.Host, null),
            .. _options.With.Select(with => (with.Key, _options.Host, (string?)with.Value))];
        if (_options.Baseline is { } baseline)
        {
            hosts = [.. hosts, ("baseline", baseline, null)];
        }

        foreach (string queueType in _options.QueueTypes)
        {
            for (int pair = 1; pair <= _options.Pairs; pair++)
            {
                if (_options.Acknowledge)
                {
                    await FillAsync(backlog, queueType).ConfigureAwait(false);
                    await AcknowledgeAsync(backlog, queueType, pair).ConfigureAwait(false);
                }

                for (int turn = 0; turn < hosts.Length; turn++)
                {
                    // Each is first, second and last in turn: of two drains of one build, the second was 4 % faster.
                    (string name, string program, string? settings) = hosts[(turn + pair - 1) % hosts.Length];
                    await FillAsync(backlog, queueType).ConfigureAwait(false);
                    await HostAsync(name, program, settings, backlog, queueType, pair).ConfigureAwait(false);
                }
            }
        }

        if (_options.HandwrittenMessages > 0)
        {
            DrainBacklog smaller = await DrainBacklog.MakeAsync(_options.Amqp, _business, _options.HandwrittenMessages, firstKey: 1_000_000_000)
                .ConfigureAwait(false);
            foreach (string queueType in _options.QueueTypes)
            {
                await FillAsync(smaller, queueType).ConfigureAwait(false);
                await HandwrittenAsync(smaller, queueType).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Fills the queues, and lets the broker finish what it does behind it, which would fall to one contender or the other
    /// by chance.
    /// </summary>
    private async Task FillAsync(DrainBacklog backlog, string queueType)
    {
        await _broker.RollOverAsync().ConfigureAwait(false);
        await backlog.FillAsync(queueType).ConfigureAwait(false);
        await _broker.SettleAsync().ConfigureAwait(false);
    }

    private Task AcknowledgeAsync(DrainBacklog backlog, string queueType, int pair) =>
        ContendAsync("acknowledge", backlog, queueType, pair, [_options.Amqp, QueueLengths.Format(backlog.Queues)]);

    private async Task HandwrittenAsync(DrainBacklog backlog, string queueType)
    {
        string database = await _databases.NewAsync().ConfigureAwait(false);
        await CopyRowsAsync(database).ConfigureAwait(false);
        await ContendAsync("handwritten", backlog, queueType, pair: 1,
            [_options.Amqp, QueueLengths.Format(backlog.Queues), DatabaseUrl.Parse(database).ConnectionString]).ConfigureAwait(false);
        await CompareAsync(backlog, database, "handwritten").ConfigureAwait(false);
    }

    /// <summary>The hand-written consumer keeps its tables beside the business ones, as such consumers do.</summary>
    private async Task CopyRowsAsync(string database)
    {
        await using NpgsqlConnection connection = await Databases.OpenAsync(DatabaseUrl.Parse(database).ConnectionString).ConfigureAwait(false);
        string source = new NpgsqlConnectionStringBuilder(DatabaseUrl.Parse(_business).ConnectionString).ToString();
        await using NpgsqlConnection from = await Databases.OpenAsync(source).ConfigureAwait(false);
        foreach (BusinessTable table in (BusinessTable[])[BusinessSchema.UserRecord, BusinessSchema.MqOperateRecord, BusinessSchema.Orders])
        {
            await using (var create = new NpgsqlCommand(table.CreateSql, connection))
            {
                await create.ExecuteNonQueryAsync().ConfigureAwait(false);
            }

            Stream output = await from.BeginRawBinaryCopyAsync($"COPY (SELECT * FROM {table.Name} WHERE id >= 1000000000) TO STDOUT (FORMAT binary)")
                .ConfigureAwait(false);
            Stream input = await connection.BeginRawBinaryCopyAsync($"COPY {table.Name} FROM STDIN (FORMAT binary)").ConfigureAwait(false);
            await using (output.ConfigureAwait(false))
            await using (input.ConfigureAwait(false))
            {
                await output.CopyToAsync(input).ConfigureAwait(false);
            }
        }

        await using var analyze = new NpgsqlCommand("analyze", connection);
        await analyze.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private async Task ContendAsync(string contender, DrainBacklog backlog, string queueType, int pair, string[] arguments)
    {
        Cpu before = ReadCpu();
        using Process process = Start(Environment.ProcessPath!, [contender, .. arguments], new Dictionary<string, string>(StringComparer.Ordinal));
        string output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{contender} ended with {process.ExitCode}");
        }

        (double seconds, double own) = DrainTime.Parse(output);
        Add(new DrainResult(contender, queueType, pair, backlog.Messages, seconds, own, 0, 0), before);
    }

    private async Task HostAsync(string contender, string program, string? settings, DrainBacklog backlog, string queueType, int pair)
    {
        string database = await _databases.NewAsync().ConfigureAwait(false);
        int port = Ports.Free();
        Cpu before = ReadCpu();
        using Process host = Start(program, settings is null ? ["serve"] : ["serve", "--config", settings], new Dictionary<string, string>(_options.Profile ? Perf.Environment : [], StringComparer.Ordinal)
        {
            ["DATALOAD_AMQP_URL"] = _options.Amqp,
            ["DATALOAD_STORE"] = database,
            ["DATALOAD_BUSINESS"] = _business,
            ["DATALOAD_HTTP"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"),
        });
        Task log = LogAsync(host);
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            double seconds = _options.Profile
                ? await ProfileAsync(host.Id, port, backlog, queueType, database, before, patience.Token).ConfigureAwait(false)
                : await HostWatch.DrainSecondsAsync([port], backlog.Messages, patience.Token).ConfigureAwait(false);
            double own = CpuMeter.SecondsOfTree(host.Id);
            Add(new DrainResult(contender, queueType, pair, backlog.Messages, seconds, own, 0, 0), before);
            await CompareAsync(backlog, database, contender).ConfigureAwait(false);
        }
        finally
        {
            host.Kill();
            await host.WaitForExitAsync().ConfigureAwait(false);
            await log.ConfigureAwait(false);
        }
    }

    private async Task<double> ProfileAsync(int host, int port, DrainBacklog backlog, string queueType, string database, Cpu before, CancellationToken cancellationToken)
    {
        string file = Path.Combine(_options.Output, "perf.data");
        string store = database[(database.LastIndexOf('/') + 1)..];
        IReadOnlyDictionary<string, double> sharesBefore = DatabaseShares.Read(_options.PostgresPid, Business, store);
        double seconds;
        await using (Perf.Start(file).ConfigureAwait(false))
        {
            seconds = await HostWatch.DrainSecondsAsync([port], backlog.Messages, cancellationToken).ConfigureAwait(false);
        }

        Cpu after = ReadCpu();
        var drain = new DrainResult("dataload", queueType, 1, backlog.Messages, seconds, CpuMeter.SecondsOfTree(host), after.Broker - before.Broker,
            after.Database - before.Database);
        ProfileReport.Write(_options.Output, drain, Perf.Count(file, [host]), sharesBefore, DatabaseShares.Read(_options.PostgresPid, Business, store));
        return seconds;
    }

    private async Task LogAsync(Process host)
    {
        var file = new StreamWriter(Path.Combine(_options.Output, "host.log"), append: true);
        await using (file.ConfigureAwait(false))
        {
            while (await host.StandardOutput.ReadLineAsync().ConfigureAwait(false) is string line)
            {
                await file.WriteLineAsync(line).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Compares what was counted with what was sent.</summary>
    /// <exception cref="InvalidOperationException">A cell differs.</exception>
    internal static async Task CompareAsync(DrainBacklog backlog, string database, string contender)
    {
        // A build or settings without breakdowns, and the hand-written consumer, have no table of them.
        await using (NpgsqlConnection connection = await Databases.OpenAsync(DatabaseUrl.Parse(database).ConnectionString).ConfigureAwait(false))
        {
            await using var parts = new NpgsqlCommand("select to_regclass('data_load_bear_by_parent') is not null", connection);
            backlog.Tally.HasParents = (bool)(await parts.ExecuteScalarAsync().ConfigureAwait(false))!;
        }

        Comparison comparison = await TallyComparer.WaitUntilEqualAsync(backlog.Tally, database, TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        if (!comparison.AllEqual)
        {
            throw new InvalidOperationException($"what {contender} counted is not what was sent: {comparison.Describe()}");
        }
    }

    private void Add(DrainResult result, Cpu before)
    {
        Cpu after = ReadCpu();
        result = result with { BrokerCpu = after.Broker - before.Broker, DatabaseCpu = after.Database - before.Database };
        _results.Add(result);
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.QueueType,-8} {result.Pair} {result.Contender,-12} {result.Seconds,7:0.00} s {result.Rate,8:0} /s   CPU µs a message: own {Micros(result.OwnCpu):0.0}, broker {Micros(result.BrokerCpu):0.0}, database {Micros(result.DatabaseCpu):0.0}"));

        double Micros(double seconds) => seconds / result.Messages * 1e6;
    }

    private Cpu ReadCpu() => new(_broker.CpuSeconds, CpuMeter.SecondsOfTree(_options.PostgresPid));

    private static Process Start(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private readonly record struct Cpu(double Broker, double Database);
}
