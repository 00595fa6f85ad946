using System.Collections.Immutable;
using System.Reflection;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging;

namespace DataLoad.Host.Settings;

/// <summary>Reads the tree of settings into what the program is set by, each in its range.</summary>
public static class SettingsBinder
{
    // SQLite's journal writes one block at a time: few Partitions make large ones.
    private const int SqlitePartitions = 4;
    private const int PostgreSqlPartitions = 32;

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="HoconException">A value is not what is expected; the message names file, line and key.</exception>
    public static HostSettings Bind(HoconConfig config, Catalog catalog)
    {
        DatabaseSettings store = DatabaseBinder.Store(config);
        EngineSettings engine = BindEngine(config, catalog, store);
        CheckIntakeMemory(config, catalog, engine);
        return new HostSettings(
            engine, AkkaSettings.Bind(config), store, DatabaseBinder.Business(config, store),
            HttpBinder.Bind(config), HttpBinder.BindDeadLetters(config), HttpBinder.BindQuestions(config), HttpBinder.BindTraces(config, store),
            ConsoleBinder.Bind(config),
            Source: config,
            MaxLag: config.GetLong("dataload.health.max-lag", 0),
            OtlpEndpoint: BindOtlp(config),
            OtlpInterval: config.GetDuration("dataload.telemetry.otlp-interval", Millisecond, Day),
            Log: LogBinder.Bind(config));
    }

    private static EngineSettings BindEngine(HoconConfig config, Catalog catalog, DatabaseSettings store) => new()
    {
        Amqp = BindAmqp(config, catalog),
        Intake = BindIntake(config) with { Backoff = BindBackoff(config, "dataload.retry.first", "dataload.retry.limit") },
        Partitions = BindPartitions(config, store),
        Breakdowns = BindBreakdowns(config),
        Cluster = ClusterBinder.Bind(config),
        TimeZone = BindTimeZone(config),
        AdoptExistingRows = config.GetBool("dataload.statistics.adopt-existing-rows"),
        StopTimeout = config.GetDuration("dataload.stop.timeout", TimeSpan.Zero, TimeSpan.FromSeconds(25)),
    };

    private static Backoff BindBackoff(HoconConfig config, string first, string limit) =>
        new(config.GetDuration(first, Millisecond, TimeSpan.FromHours(1)), config.GetDuration(limit, Millisecond, Day));

    private static Dictionary<string, ImmutableArray<Breakdown>> BindBreakdowns(HoconConfig config)
    {
        HoconConfig pages = config.GetObject("dataload.pages");
        var breakdowns = new Dictionary<string, ImmutableArray<Breakdown>>(StringComparer.Ordinal);
        foreach (string name in pages.Keys)
        {
            breakdowns.Add(name, [.. pages.GetKey(name).AsObject().GetList("breakdowns").Select(value => Breakdowns.Find(value.AsString())
                ?? throw value.Fail($"a breakdown, one of {string.Join(", ", Enum.GetValues<Breakdown>().Select(known => known.Name()))}"))]);
        }

        return breakdowns;
    }

    private static AmqpSettings BindAmqp(HoconConfig config, Catalog catalog) => new()
    {
        Url = BindBroker(config),
        ConnectTimeout = config.GetDuration("dataload.amqp.connect-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        RoomPatience = config.GetDuration("dataload.amqp.room-patience", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        ReadInterval = config.GetDuration("dataload.amqp.read-interval", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        Heartbeat = config.GetDuration("dataload.amqp.heartbeat", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        LagInterval = config.GetDuration("dataload.amqp.lag-interval", TimeSpan.FromMilliseconds(100), Day),
        ConfirmWindow = config.GetInt("dataload.amqp.confirm-window", 1, 65_535),
        Streams = BindStreams(config, catalog),
    };

    private static string BindBroker(HoconConfig config)
    {
        HoconValue url = config.Get("dataload.amqp.url");
        return AmqpConnectionSettings.TryParse(url.AsString(), out _, out string? error) ? url.AsString() : throw url.Refuse($"cannot be used. {error}");
    }

    private static Dictionary<string, StreamSettings> BindStreams(HoconConfig config, Catalog catalog)
    {
        HoconConfig defaults = config.GetObject("dataload.stream-defaults");
        HoconConfig entries = config.GetObject("dataload.streams");
        var streams = new Dictionary<string, StreamSettings>(StringComparer.Ordinal);
        foreach (string name in entries.Keys)
        {
            HoconValue entry = entries.GetKey(name);
            StreamDefinition stream = catalog.FindStream(name)
                ?? throw entry.Fail($"the name of a stream, one of {string.Join(", ", catalog.Streams.Select(known => known.Name))}");
            streams.Add(name, BindStream(entry.AsObject().WithFallback(defaults), stream));
        }

        return streams;
    }

    private static StreamSettings BindStream(HoconConfig config, StreamDefinition stream)
    {
        int prefetch = config.GetInt("prefetch", 0, 65_535);
        HoconConfig queries = config.GetObject("queries");
        foreach (string step in queries.Keys.Where(step => stream.StepIndex(step) < 0))
        {
            throw queries.GetKey(step).Fail(stream.Lookups.IsEmpty
                ? $"no query: stream {stream.Name} looks up no rows"
                : $"the name of a query of {stream.Name}, one of {string.Join(", ", stream.Lookups.Select(known => known.Name))}");
        }

        HoconConfig arguments = config.GetObject("queue-arguments");
        return new StreamSettings
        {
            Enabled = config.GetBool("enabled"),
            Delayed = config.GetBool("delayed"),
            QueueType = config.GetOneOf("queue-type", "classic", "quorum"),
            QueueArguments = arguments.Keys.ToDictionary(key => key, key => ArgumentOf(arguments.GetKey(key)), StringComparer.Ordinal),
            Prefetch = prefetch == 0 ? null : prefetch,
            Queries = queries.Keys.ToDictionary(step => step, step => queries.GetKey(step).AsString(), StringComparer.Ordinal),
        };
    }

    // The broker tells 5 from "5" in a queue's arguments, and so does the file: what is written as a number or as
    // true or false is one.
    private static object? ArgumentOf(HoconValue value)
    {
        string text = value.AsString();
        return long.TryParse(text, out long number) ? number : bool.TryParse(text, out bool flag) ? flag : text;
    }

    private static IntakeSettings BindIntake(HoconConfig config) => new()
    {
        Prefetch = config.GetInt("dataload.intake.prefetch", 1, 65_535),
        MaxBatch = config.GetInt("dataload.intake.max-batch", 1, 10_000),
        MaxBodyBytes = (int)config.GetBytes("dataload.intake.max-body", 1, 128L * 1024 * 1024),
        MemoryBytes = config.GetBytes("dataload.intake.memory", 1),
        MaxUnacceptedBatches = config.GetInt("dataload.intake.max-unaccepted-batches", 1, 1_000_000),
        MaxUnacceptedBytes = config.GetBytes("dataload.intake.max-unaccepted-bytes", 1),
        MaxEventBatchBytes = (int)config.GetBytes("dataload.intake.max-event-batch", 1024, 512 * 1024),
        Resend = BindBackoff(config, "dataload.intake.resend-first", "dataload.intake.resend-limit"),
        Patience = config.GetDuration("dataload.intake.patience", Millisecond, TimeSpan.FromMinutes(1)),
        PauseInterval = config.GetDuration("dataload.intake.pause-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        HoldLimit = config.GetDuration("dataload.intake.hold-limit", TimeSpan.FromSeconds(1), Day),
        DeadLetterPatience = config.GetDuration("dataload.intake.dead-letter-patience", Millisecond, TimeSpan.FromHours(1)),
        DeadLetterRetry = BindBackoff(config, "dataload.intake.dead-letter-retry-first", "dataload.intake.dead-letter-retry-limit"),
        MaxDelay = config.GetDuration("dataload.intake.max-delay", TimeSpan.Zero, TimeSpan.FromDays(3650)),
        RetryDelays = [.. config.GetList("dataload.parking.retry-delays").Select(delay => delay.AsDuration(TimeSpan.Zero, TimeSpan.FromDays(365)))],
        MaxParked = config.GetLong("dataload.parking.max-parked", 1),
        ParkedCountInterval = config.GetDuration("dataload.parking.count-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        ClaimTimeToLive = config.GetDuration("dataload.parking.claim-time-to-live", TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)),
        ParkedBatch = config.GetInt("dataload.parking.batch", 1, 10_000),
        ParkedPollInterval = config.GetDuration("dataload.parking.look-interval", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        ParkedFaultDelay = config.GetDuration("dataload.parking.fault-delay", TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)),
    };

    private static PartitionSettings BindPartitions(HoconConfig config, DatabaseSettings store) => new()
    {
        Partitions = config.GetInt("dataload.sharding.shards", 0, 1024) is int partitions and > 0 ? partitions
            : store.Provider == DatabaseProvider.Sqlite ? SqlitePartitions : PostgreSqlPartitions,
        MaxUnappliedBytes = config.GetBytes("dataload.sharding.max-unapplied", 1024),
        KeepRunningInterval = config.GetDuration("dataload.sharding.keep-running-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        HandOffLimit = config.GetDuration("dataload.cluster.hand-off-limit", TimeSpan.Zero, TimeSpan.FromSeconds(15)),
        RememberedBatches = config.GetInt("dataload.sharding.remembered-batches", 0, 1_000_000),
        MaxLoadedCounters = config.GetInt("dataload.sharding.max-loaded-counters", 1, 100_000),
        TrimSlice = config.GetInt("dataload.journal.trim-slice", 1, 1_000_000),
        MaxBlockBytes = (int)config.GetBytes("dataload.journal.max-block", 1024, 64L * 1024 * 1024),
        BlockInterval = config.GetDuration("dataload.journal.block-interval", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        LongestBlockInterval = config.GetDuration("dataload.journal.longest-block-interval", TimeSpan.Zero, TimeSpan.FromSeconds(1)),
        BusyBlockEvents = config.GetInt("dataload.journal.busy-block", 1, 1_000_000),
        JournalRetention = string.Equals(config.GetString("dataload.journal.retention"), "forever", StringComparison.Ordinal)
            ? null
            : config.GetDuration("dataload.journal.retention", TimeSpan.Zero, TimeSpan.FromDays(36_500)),
        TrimInterval = config.GetDuration("dataload.journal.trim-interval", TimeSpan.FromMilliseconds(100), Day),
        CheckpointInterval = config.GetDuration("dataload.checkpoint.interval", TimeSpan.FromMilliseconds(10), Day),
        CheckpointEvents = config.GetLong("dataload.checkpoint.events", 1),
        MaxSnapshotBytes = (int)config.GetBytes("dataload.checkpoint.max-slice", 1, 64L * 1024 * 1024),
        FlushInterval = config.GetDuration("dataload.statistics.flush-interval", TimeSpan.FromMilliseconds(10), Day),
        BreakdownFlushInterval = config.GetDuration("dataload.statistics.breakdown-flush-interval", TimeSpan.Zero, Day),
        MaxFlushRows = config.GetInt("dataload.statistics.max-flush-rows", 1, 100_000),
        MaxRefusedRows = config.GetInt("dataload.statistics.max-refused-rows", 0, 1000),
        MaxFillEvents = config.GetInt("dataload.statistics.max-backfill-events", 1, 100_000_000),
        BackfillCheckInterval = config.GetDuration("dataload.statistics.backfill-check-interval", TimeSpan.FromMilliseconds(10), Day),
        IdentityWindow = config.GetDuration("dataload.identity.window", Millisecond, TimeSpan.FromDays(3650)),
        MemoryBudgetBytes = config.GetBytes("dataload.memory.budget", 1024 * 1024),
    };

    private static string BindTimeZone(HoconConfig config)
    {
        string zone = config.GetString("dataload.time-zone");
        return TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _) ? zone
            : throw config.Get("dataload.time-zone")
                .Fail("the IANA name of a zone that this machine knows (Debian's package tzdata has them), such as Asia/Shanghai");
    }

    private static Uri? BindOtlp(HoconConfig config)
    {
        string endpoint = config.GetString("dataload.telemetry.otlp-endpoint");
        return endpoint.Length == 0 ? null
            : Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) && (uri.Scheme is "http" or "https") ? uri
            : throw config.Get("dataload.telemetry.otlp-endpoint").Fail("an address such as http://127.0.0.1:4317, or empty");
    }

    private static void CheckIntakeMemory(HoconConfig config, Catalog catalog, EngineSettings engine)
    {
        int streams = catalog.Streams.Count(stream => engine.Amqp.Of(stream).Enabled);
        long need = (long)streams * engine.Intake.MaxBodyBytes;
        if (need > engine.Intake.MemoryBytes)
        {
            throw config.Get("dataload.intake.memory").Fail(
                $"at least {need} bytes, so that each of {streams} streams can hold a body of {engine.Intake.MaxBodyBytes}; raise it, or lower "
                    + "dataload.intake.max-body");
        }
    }
}

/// <summary>Loads the settings: the built-in references, files over them, and the environment where it is asked for.</summary>
public static class SettingsLoader
{
    /// <summary>The name that values of <c>akka.conf</c> bear as their origin.</summary>
    internal const string AkkaName = "akka.conf";

    private const string ReferenceName = "reference.conf";

    /// <summary>The places of the reference whose keys are free, or follow a template.</summary>
    private static readonly HoconOpenMap[] OpenMaps =
    [
        new("dataload.streams.*", "dataload.stream-defaults"),
        new("dataload.streams.*.queries"),
        new("dataload.streams.*.queue-arguments"),
        new("dataload.stream-defaults.queries"),
        new("dataload.stream-defaults.queue-arguments"),
        new("dataload.queries"),
        new("akka"),
    ];

    /// <summary>Loads the tree of settings. What it has below <c>akka</c> is not judged yet; <see cref="AkkaSettings"/> does.</summary>
    /// <exception cref="HoconException">A file is not one, or has an unknown key.</exception>
    public static HoconConfig Load(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) => HoconConfig.Load(
        [(ReferenceName, Read(Assembly.GetExecutingAssembly(), ReferenceName)), (AkkaName, Read(typeof(EngineSettings).Assembly, AkkaName))],
        files, environment).RequireKnownKeys(OpenMaps);

    /// <summary>Whether a value is the default, which nobody has written.</summary>
    internal static bool IsReference(HoconOrigin origin) => !origin.IsEnvironment && string.Equals(origin.Source, ReferenceName, StringComparison.Ordinal);

    private static string Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
