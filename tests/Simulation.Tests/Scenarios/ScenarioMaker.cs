using System.Globalization;
using DataLoad.Engine.Partitions;

namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>Makes the scenario of a seed.</summary>
internal sealed class ScenarioMaker(ulong seed)
{
    private static readonly string[] Zones = ["Asia/Shanghai", "Asia/Shanghai", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia",
        "Australia/Lord_Howe"];

    private readonly Random _random = new((int)((seed * 2_654_435_761) ^ (seed >> 32)));
    private readonly List<GeneratedEvent> _events = [];
    private readonly List<Publishing> _publishings = [];
    private readonly List<Disruption> _disruptions = [];
    private readonly List<(string Type, int Id)> _topics = [];
    private TimeZoneInfo _zone = TimeZoneInfo.Utc;
    private long _startMs;
    private long _lengthMs;
    private bool _isTight;

    public static Scenario Make(ulong seed) => new ScenarioMaker(seed).Make();

    private Scenario Make()
    {
        string zone = Zones[_random.Next(Zones.Length)];
        _zone = TimeZoneInfo.FindSystemTimeZoneById(zone);
        _startMs = StartNearMidnight();
        _lengthMs = Between(1000, 5000);

        // Little memory, small blocks and slow writes: recovery has to write while it reads.
        _isTight = Chance(25);
        StreamFacts[] streams = [.. StreamFacts.All.OrderBy(_ => _random.Next()).Take(Between(1, 3))];
        for (int i = Between(1, 4); i > 0; i--)
        {
            _topics.Add((Pick("lesson", "Kurs", "活动", "a"), Between(1, 9)));
        }

        for (int i = Between(5, 40); i > 0; i--)
        {
            Generate(streams[_random.Next(streams.Length)]);
        }

        MakeDisruptions();
        return new Scenario
        {
            Seed = seed,
            StartMs = _startMs,
            TimeZone = zone,
            Partitions = MakePartitions(),
            Sending = MakeSending(),
            PageRows = Between(1, 8),
            JournalBatch = Between(1, 5),
            Nodes = Chance(50) ? 1 : Between(2, 3),
            CrashAtEnd = _isTight || Chance(40),
            Events = _events,
            Publishings = [.. _publishings.OrderBy(publishing => publishing.AtMs).ThenBy(publishing => publishing.Number)],
            Disruptions = [.. _disruptions.Concat(MakeRequests()).OrderBy(disruption => disruption.AtMs)],
        };
    }

    /// <summary>A moment just before a day ends where the days are told; often a day on which clocks change.</summary>
    private long StartNearMidnight()
    {
        var day = Chance(25) ? new DateTime(2026, 3, 8) : Chance(25) ? new DateTime(2026, 11, 1) : Chance(10) ? new DateTime(2026, 4, 5)
            : new DateTime(2026, 1, 1).AddDays(_random.Next(365));
        return new DateTimeOffset(day.AddDays(1) - _zone.GetUtcOffset(day.AddHours(23)), TimeSpan.Zero).ToUnixTimeMilliseconds() - Between(0, 4000);
    }

    private SendingSettings MakeSending() => new()
    {
        Prefetch = Between(1, 30),
        MaxBatch = Between(1, 12),
        ResendMs = Between(20, 1000),
        RetryDelaysMs = [.. Enumerable.Range(0, Between(1, 4)).Select(_ => Between(20, 800))],
        MaxParked = Chance(30) ? Between(1, 4) : 1000,
        ParkedBatch = Between(1, 8),
        MaxUnacceptedBatches = Chance(50) ? Between(1, 4) : 1024,
        MaxEventBatchBytes = Chance(30) ? Between(1, 400) : 256 * 1024,
        HoldLimitMs = Between(50, 2000),
    };

    private PartitionSettings MakePartitions() => new()
    {
        Partitions = Between(1, 4),
        MaxBlockBytes = _isTight ? Between(60, 300) : Between(60, 3000),
        BlockInterval = Chance(50) ? TimeSpan.Zero : Ms(Between(1, 60)),
        BusyBlockEvents = Between(1, 3),
        FlushInterval = Ms(_isTight ? Between(20, 60) : Between(20, 400)),
        BreakdownFlushInterval = Ms(Between(20, 1000)),
        MaxFlushRows = Between(1, 4),
        CheckpointInterval = Ms(Between(30, 1500)),
        CheckpointEvents = Between(2, 40),
        MaxSnapshotBytes = Between(50, 8000),
        IdentityWindow = TimeSpan.FromDays(7),
        MemoryBudgetBytes = _isTight ? Between(3_000, 12_000) : Chance(40) ? 64 * 1024 * 1024 : Chance(50) ? Between(3_000, 20_000) : Between(20_000, 100_000),
        MaxUnappliedBytes = Chance(30) ? Between(200, 2_000) : 1024 * 1024,
        MaxLoadedCounters = Between(1, 6),
        TrimSlice = Between(1, 20),
        JournalRetention = Chance(60) ? null : Ms(Between(0, 1000)),
        TrimInterval = Ms(Between(50, 800)),
        Sessions = new() { SealEvents = 8, SealBlocks = 3, MergeAtSegments = 3, MaxSegmentPairs = 40, IndexInterval = Ms(150) },
    };

    private void Generate(StreamFacts stream)
    {
        GeneratedEvent first = MakeEvent(stream);
        _events.Add(first);
        long at = _random.NextInt64(_lengthMs);
        Publish(first, at);
        while (Chance(25))
        {
            // The same message again: at once, or long after.
            Publish(first, Math.Min(_lengthMs, at + (Chance(60) ? Between(0, 20) : Between(0, (int)_lengthMs))));
        }

        if (first.Flaw is null && first.Identity is not null && !stream.IsContent && (stream.HasKey || first.MessageId is not null) && Chance(25))
        {
            // The same event, told again with other values.
            GeneratedEvent again = Again(first);
            _events.Add(again);
            Publish(again, Math.Min(_lengthMs, at + (Chance(60) ? Between(0, 20) : Between(0, (int)_lengthMs))));
        }
    }

    private GeneratedEvent MakeEvent(StreamFacts stream)
    {
        int number = _events.Count + 1;
        (string type, int id) = _topics[_random.Next(_topics.Count)];
        long at = Chance(60) ? _startMs + Between(-6000, 6000) : Chance(50) ? _startMs - (Between(0, 40) * 86_400_000L) : _startMs - Between(0, 86_400_000);
        bool keyed = stream.HasKey || stream.NeedsRows;
        int joinType = Between(1, 3);
        string? flaw = Chance(10) ? Flaw(stream) : null;
        bool hasTime = Chance(keyed ? 20 : 40);
        bool hasId = Chance(50);
        bool isAnonymous = !stream.HasKey && !stream.IsContent && !hasTime && !hasId;
        return new GeneratedEvent
        {
            Number = number,
            Marker = MarkerOf(number),
            Stream = stream.Name,
            TopicType = type,
            TopicId = id,
            WuId = string.Equals(stream.Name, "act.group", StringComparison.Ordinal) ? Between(1, 9) : Between(0, 9),
            MessageTimeMs = hasTime ? at : null,
            RowTimeMs = stream.HasKey && Chance(80) ? at : null,
            TimestampSeconds = Chance(40) ? at / 1000 : null,
            MessageId = hasId ? $"m-{number}" : null,
            Key = 1000 + (Chance(50) ? number : number * 1_100_003),
            RecordId = 5000 + number,
            Numbers = Numbers(stream, joinType),
            RowsAtMs = !stream.NeedsRows || Chance(70) ? 0 : Chance(85) ? _random.NextInt64(_lengthMs) : GeneratedEvent.Never,
            DelayMs = Chance(isAnonymous ? 35 : 8) ? Between(1, 1500) : 0,
            Flaw = flaw,
            IsSelfContained = stream.Table is null || Chance(40),
        };
    }

    private GeneratedEvent Again(GeneratedEvent first)
    {
        int number = _events.Count + 1;
        return first with
        {
            Number = number,
            Marker = MarkerOf(number),
            RecordId = 5000 + number,
            WuId = Between(1, 9),
            MessageTimeMs = Chance(50) ? _startMs - Between(0, 86_400_000) : first.MessageTimeMs,
            DelayMs = 0,
            IsSelfContained = true,
        };
    }

    private string? Flaw(StreamFacts stream) => stream.Name switch
    {
        "act.group" => Pick("bad-join-type", "unreadable"),
        _ => Pick("unreadable", "bad-field", "bad-delay"),
    };

    private Dictionary<string, long> Numbers(StreamFacts stream, int joinType) => stream.Name switch
    {
        "act.buy" or "act.cancel-pay" => new(StringComparer.Ordinal)
        {
            ["is_vip"] = Bit(),
            ["buy_num"] = Between(0, 3),
            ["card_num"] = Between(0, 5),
            ["pay_amount"] = Between(0, 100_000),
            ["is_rush"] = Bit(),
            ["by_share"] = Bit(),
        },
        "act.member-card" => new(StringComparer.Ordinal)
        {
            ["is_vip"] = Bit(),
            ["open_type"] = Between(0, 3),
            ["h5_activate"] = Bit(),
            ["pay_amount"] = Between(0, 100_000),
        },
        "act.red-pack" => new(StringComparer.Ordinal) { ["is_vip"] = Bit(), ["red_pack_num"] = Between(0, 5) },
        "act.off" or "act.revoke" => new(StringComparer.Ordinal)
        {
            ["is_vip"] = Bit(),
            ["off_num"] = Between(0, 3),
            ["brand_id"] = Between(0, 4),
            ["discount_amount"] = Between(0, 1000),
            ["off_amount"] = Between(0, 10_000),
        },
        "act.refund" => new(StringComparer.Ordinal)
        {
            ["is_vip"] = Bit(),
            ["card_num"] = Between(0, 4),
            ["refund_amount"] = Between(0, 50_000),
        },
        "act.overdue" => new(StringComparer.Ordinal) { ["is_vip"] = Bit(), ["card_amount"] = Between(0, 20_000) },
        "act.red-pack-expire" => new(StringComparer.Ordinal) { ["is_vip"] = Bit(), ["redPackNum"] = Between(0, 5) },
        "act.group" => new(StringComparer.Ordinal) { ["joinType"] = joinType },

        // Accepted, whatever it is, and not used; it may be missing.
        "act.share-visit" when joinType < 3 => new(StringComparer.Ordinal) { ["joinType"] = joinType * 4 },
        _ => new(StringComparer.Ordinal),
    };

    private void Publish(GeneratedEvent generated, long atMs) => _publishings.Add(new Publishing(_publishings.Count + 1, generated.Number, atMs));

    private void MakeDisruptions()
    {
        if (_isTight)
        {
            _disruptions.Add(new Disruption(DisruptionKind.StoreSlow, 0, _lengthMs, Between(5, 60)));
            _disruptions.Add(new Disruption(DisruptionKind.Crash, _random.NextInt64(_lengthMs), Amount: Between(0, 200), Steps: _random.Next(400)));
            _disruptions.Add(new Disruption(DisruptionKind.Crash, _random.NextInt64(_lengthMs), Amount: Between(0, 200), Steps: _random.Next(400)));
        }

        for (int i = Chance(12) ? 0 : Between(1, 6); i > 0; i--)
        {
            long at = _random.NextInt64(_lengthMs);
            long @for = Between(50, 1500);
            DisruptionKind kind = (DisruptionKind)_random.Next((int)DisruptionKind.LookupSlow + 1);

            // What kills and moves is what finds most.
            kind = Chance(25) ? DisruptionKind.Crash : Chance(10) ? DisruptionKind.HandOff : Chance(10) ? DisruptionKind.Zombie : kind;
            _disruptions.Add(kind switch
            {
                DisruptionKind.Crash or DisruptionKind.Stop or DisruptionKind.PowerLoss =>
                    new Disruption(kind, at, Amount: Between(0, 800), Steps: Chance(70) ? _random.Next(800) : 0),
                DisruptionKind.HandOff or DisruptionKind.Zombie or DisruptionKind.PartitionStops or DisruptionKind.ConnectionLost =>
                    new Disruption(kind, at, Amount: Between(0, 100), Steps: Chance(70) ? _random.Next(800) : 0),
                DisruptionKind.Hold => new Disruption(kind, at, Amount: Between(50, 4000), Steps: Chance(70) ? _random.Next(800) : 0),
                // What is parked is due by the clock, so that it waits for as long as a clock was wrong.
                DisruptionKind.ClockJump => new Disruption(kind, at, Amount: Pick(-1, 1) * Between(1, 15_000)),
                DisruptionKind.StoreSlow or DisruptionKind.MessagesSlow or DisruptionKind.LookupSlow => new Disruption(kind, at, @for, Between(5, 400)),
                _ => new Disruption(kind, at, @for, Chance(30) ? 100 : Between(5, 60)),
            });
        }
    }

    /// <summary>What an operator does meanwhile.</summary>
    private List<Disruption> MakeRequests()
    {
        var requests = new List<Disruption>();
        for (int i = Chance(50) ? 0 : Between(1, 3); i > 0; i--)
        {
            var kind = (DisruptionKind)Between((int)DisruptionKind.FlushAsked, (int)DisruptionKind.StreamPaused);
            requests.Add(new Disruption(kind, _random.NextInt64(_lengthMs), kind == DisruptionKind.StreamPaused ? Between(50, 1500) : 0, Between(0, 100)));
        }

        return requests;
    }

    private string MarkerOf(int number) => (number & 1) == 0
        ? ((uint)number * 2_654_435_761u).ToString("x8", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"s-{number}");

    private static TimeSpan Ms(long ms) => TimeSpan.FromMilliseconds(ms);

    private int Bit() => _random.Next(2);

    private int Between(int low, int high) => _random.Next(low, high + 1);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Pick<T>(params ReadOnlySpan<T> of) => of[_random.Next(of.Length)];
}
