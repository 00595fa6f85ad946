using System.Globalization;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Clustering;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Seen;

namespace DataLoad.Simulation.Scenarios;

/// <summary>Makes the scenario of a seed.</summary>
internal sealed class ScenarioMaker(ulong seed)
{
    private static readonly string[] Zones = ["Asia/Shanghai", "Asia/Shanghai", "UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"];

    private readonly Random _random = new((int)((seed * 2_654_435_761) ^ (seed >> 32)));
    private readonly List<Happening> _happenings = [];
    private readonly List<Publishing> _publishings = [];
    private readonly List<Trouble> _troubles = [];
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

        int count = Between(5, 40);
        for (int i = 0; i < count; i++)
        {
            Happen(streams[_random.Next(streams.Length)]);
        }

        MakeTroubles();
        var settings = MakeSettings(zone, streams);
        return new Scenario
        {
            Seed = seed,
            StartMs = _startMs,
            Settings = settings,
            PageRows = Between(1, 8),
            StandBy = Chance(40),
            CrashAtEnd = _isTight || Chance(40),
            Happenings = _happenings,
            Publishings = [.. _publishings.OrderBy(publishing => publishing.AtMs).ThenBy(publishing => publishing.Number)],
            Troubles = [.. _troubles.OrderBy(trouble => trouble.AtMs)],
        };
    }

    /// <summary>A moment just before a day ends where the days are told; often a day on which clocks change.</summary>
    private long StartNearMidnight()
    {
        var day = Chance(25) ? new DateTime(2026, 3, 8) : Chance(25) ? new DateTime(2026, 11, 1) : Chance(10) ? new DateTime(2026, 4, 5) : new DateTime(2026, 1, 1).AddDays(_random.Next(365));
        return new DateTimeOffset(day.AddDays(1) - _zone.GetUtcOffset(day.AddHours(23)), TimeSpan.Zero).ToUnixTimeMilliseconds() - Between(0, 4000);
    }

    private EngineSettings MakeSettings(string zone, StreamFacts[] streams)
    {
        long ttl = Between(400, 1500);
        return new EngineSettings
        {
            TimeZone = zone,
            LeaseTimeToLive = Ms(ttl),
            LeaseRenewInterval = Ms(ttl / Between(3, 6)),
            StopTimeout = Ms(Between(2000, 6000)),
            Amqp = new AmqpSettings
            {
                LagInterval = Ms(Between(500, 3000)),
                ConfirmWindow = Between(1, 5),
                Streams = StreamsOf(streams),
            },
            Intake = new IntakeSettings
            {
                Prefetch = Between(1, 30),
                MaxBatch = Between(1, 12),
                RetryDelays = [Ms(50), Ms(100), Ms(200), Ms(400), Ms(800)],
                MaxParked = Chance(30) ? Between(1, 6) : 1000,
                ParkedBatch = Between(1, 6),
                Backoff = new Backoff(Ms(Between(5, 30)), Ms(Between(40, 200))),
            },
            Sharding = new ShardingSettings
            {
                Shards = Between(1, 4),
                MailboxCapacity = Between(1, 4),
                MaxBlockBytes = _isTight ? Between(60, 300) : Between(60, 3000),
                FlushInterval = Ms(_isTight ? Between(20, 60) : Between(20, 400)),
                MaxFlushRows = Between(1, 4),
                CheckpointInterval = Ms(Between(30, 1500)),
                CheckpointEvents = Between(2, 40),
                MaxSnapshotBytes = Between(50, 4000),
                IdentityWindow = TimeSpan.FromDays(7),
                MemoryBudgetBytes = _isTight ? Between(300, 3_000) : Chance(40) ? 64 * 1024 * 1024 : Chance(50) ? Between(300, 4_000) : Between(4_000, 40_000),
                MaxGroupBlocks = Between(1, 5),
                JournalRetention = Chance(60) ? null : Ms(Between(0, 1000)),
                TrimInterval = Ms(Between(50, 800)),
            },
        };
    }

    private static Dictionary<string, StreamSettings> StreamsOf(StreamFacts[] streams) => Engine.Contract.Catalog.Default.Streams.ToDictionary(
        stream => stream.Name,
        stream => new StreamSettings { Enabled = streams.Any(facts => string.Equals(facts.Name, stream.Name, StringComparison.Ordinal)) },
        StringComparer.Ordinal);

    private void Happen(StreamFacts stream)
    {
        Happening first = MakeHappening(stream);
        _happenings.Add(first);
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
            Happening again = Again(first);
            _happenings.Add(again);
            Publish(again, Math.Min(_lengthMs, at + (Chance(60) ? Between(0, 20) : Between(0, (int)_lengthMs))));
        }
    }

    private Happening MakeHappening(StreamFacts stream)
    {
        int number = _happenings.Count + 1;
        (string type, int id) = _topics[_random.Next(_topics.Count)];
        long at = Chance(60) ? _startMs + Between(-6000, 6000) : Chance(50) ? _startMs - (Between(0, 40) * 86_400_000L) : _startMs - Between(0, 86_400_000);
        bool keyed = stream.HasKey || stream.NeedsRows;
        int joinType = Between(1, 3);
        string? flaw = Chance(10) ? Flaw(stream) : null;
        bool hasTime = Chance(keyed ? 20 : 40);
        bool hasId = Chance(50);
        bool isAnonymous = !stream.HasKey && !stream.IsContent && !hasTime && !hasId;
        return new Happening
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
            RowsAtMs = !stream.NeedsRows || Chance(70) ? 0 : Chance(85) ? _random.NextInt64(_lengthMs) : Happening.Never,
            DelayMs = Chance(isAnonymous ? 35 : 8) ? Between(1, 1500) : 0,
            Flaw = flaw,
            SpeaksItself = stream.Table is null || Chance(40),
        };
    }

    private Happening Again(Happening first)
    {
        int number = _happenings.Count + 1;
        return first with
        {
            Number = number,
            Marker = MarkerOf(number),
            RecordId = 5000 + number,
            WuId = Between(1, 9),
            MessageTimeMs = Chance(50) ? _startMs - Between(0, 86_400_000) : first.MessageTimeMs,
            DelayMs = 0,
            SpeaksItself = true,
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

    private void Publish(Happening happening, long atMs) => _publishings.Add(new Publishing(_publishings.Count + 1, happening.Number, atMs));

    private void MakeTroubles()
    {
        if (_isTight)
        {
            var crash = new Trouble(TroubleKind.Crash, _random.NextInt64(_lengthMs), Amount: Between(0, 200), Steps: _random.Next(200));
            _troubles.Add(new Trouble(TroubleKind.StoreSlow, 0, _lengthMs, Between(5, 60)));
            _troubles.Add(crash);
            if (Chance(50))
            {
                // And told to stop while it comes back.
                _troubles.Add(new Trouble(TroubleKind.StopInRecovery, crash.AtMs, Amount: Between(0, 200), Steps: _random.Next(60)));
            }

            _troubles.Add(new Trouble(TroubleKind.Crash, _random.NextInt64(_lengthMs), Amount: Between(0, 200), Steps: _random.Next(200)));
        }

        for (int i = Chance(12) ? 0 : Between(1, 6); i > 0; i--)
        {
            long at = _random.NextInt64(_lengthMs);
            long @for = Between(50, 1500);
            TroubleKind kind = (TroubleKind)_random.Next(Enum.GetValues<TroubleKind>().Length);

            // What kills and holds is what finds most.
            kind = Chance(35) ? TroubleKind.Crash : Chance(12) ? TroubleKind.Hold : kind;
            _troubles.Add(kind switch
            {
                TroubleKind.Crash or TroubleKind.Stop or TroubleKind.PowerLoss => new Trouble(kind, at, Amount: Between(0, 800), Steps: Chance(70) ? _random.Next(400) : 0),
                TroubleKind.StopInRecovery => new Trouble(kind, at, Amount: Between(0, 800), Steps: _random.Next(60)),
                TroubleKind.Hold => new Trouble(kind, at, Amount: Between(50, 4000), Steps: Chance(70) ? _random.Next(400) : 0),
                TroubleKind.ClockJump => new Trouble(kind, at, Amount: Pick(-1, 1) * (Chance(50) || MayPark ? Between(1, 15_000) : Between(1, 50_000_000))),
                TroubleKind.BrokerCut or TroubleKind.ChannelCut => new Trouble(kind, at, Steps: Chance(50) ? _random.Next(200) : 0),
                TroubleKind.StoreSlow or TroubleKind.BrokerSlow or TroubleKind.LookupSlow => new Trouble(kind, at, @for, Between(5, 400)),
                _ => new Trouble(kind, at, @for, Chance(30) ? 100 : Between(5, 60)),
            });
        }
    }

    /// <summary>What is parked is due by the clock, so it waits as long as a clock was wrong.</summary>
    private bool MayPark => _happenings.Exists(happening => happening.DelayMs > 0 || happening.RowsAtMs > 0);

    private string MarkerOf(int number) => (number & 1) == 0
        ? ((uint)number * 2_654_435_761u).ToString("x8", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"s-{number}");

    private static TimeSpan Ms(long ms) => TimeSpan.FromMilliseconds(ms);

    private int Bit() => _random.Next(2);

    private int Between(int low, int high) => _random.Next(low, high + 1);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Pick<T>(params ReadOnlySpan<T> of) => of[_random.Next(of.Length)];
}
