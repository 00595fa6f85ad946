using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Node;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Engine.Tests.Conformance.Sqlite;
using DataLoad.Engine.Tests.Intake;
using DataLoad.Engine.Tests.Resolving;
using DataLoad.Engine.Tests.Sharding;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Contract;

/// <summary>"To be continued": a further page is a declaration and nothing else.</summary>
public sealed class FurtherPageTests : IDisposable
{
    private static readonly Page Marketing = new()
    {
        Id = 3,
        Name = "marketing",
        Table = "data_load_marketing",
        Metrics = [Metric.Count("click_cnt"), Metric.Distinct("click_user_cnt"), Metric.Count("coupon_num"), Metric.Amount("coupon_amount"), Metric.Distinct("coupon_shop_cnt")],
    };

    private static readonly StreamDefinition Click = new()
    {
        Id = 18,
        Name = "marketing.click",
        Exchange = "ex.marketing.click",
        Queue = "queue.data.load.marketing.click",
        Page = "marketing",
        OwnFields = [new("button", FieldKind.Text), new("times", FieldKind.Int32) { Required = true }],
        Facts = [Fact.Message("times")],
        Contributions = [Contribution.Sum("click_cnt", "times"), Contribution.User("click_user_cnt")],
    };

    private static readonly StreamDefinition Coupon = new()
    {
        Id = 19,
        Name = "marketing.coupon",
        Exchange = "ex.marketing.coupon",
        Queue = "queue.data.load.marketing.coupon",
        Page = "marketing",
        OwnFields = [new("couponId", FieldKind.Int32) { Required = true }],
        BareKey = "couponId",
        Lookups =
        [
            new()
            {
                Name = "coupon",
                Key = LookupKey.Message("couponId"),
                Columns = [.. CommonColumn.All, new("num", ColumnKind.Int32), new("amount", ColumnKind.Amount), new("shop_id", ColumnKind.Int32), new("ctime", ColumnKind.Time)],
                CommonAt = 0,
            },
        ],
        BusinessKeyStep = 0,
        TimeFromRow = true,
        Facts = [Fact.Row("coupon", "num"), Fact.Row("coupon", "amount"), Fact.Row("coupon", "shop_id")],
        Contributions = [Contribution.Sum("coupon_num", "num"), Contribution.Sum("coupon_amount", "amount"), Contribution.Distinct("coupon_shop_cnt", "shop_id")],
    };

    private readonly TemporaryDatabase _database = new();

    [Fact]
    public async Task A_page_that_is_declared_has_its_table_made_and_filled()
    {
        Catalog catalog = Catalog.Default.With(Marketing, Click, Coupon);
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(default);
        IReadOnlyList<ShardLease> leases = (await store.Leases.AcquireAsync(new NodeInfo { Id = "n", Address = "", Secret = "" }, [0, 1], TimeSpan.FromHours(1), default)).Granted;
        await new Adoption(store, catalog, NullLogger.Instance).RunAsync(leases, adopt: false, default);
        using var metrics = new EngineMetrics();
        using var stop = new CancellationTokenSource();
        var region = new ShardRegion(
            new ShardRegionOptions
            {
                Plan = new CountingPlan(catalog),
                Settings = new ShardingSettings { Shards = 2 },
                Store = store,
                Metrics = metrics,
                Time = TimeProvider.System,
                Logger = NullLogger.Instance,
            },
            leases);
        Task running = region.RunAsync(stop.Token);
        await region.Recovered;
        var backoff = new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));
        var options = new PipelineOptions
        {
            Settings = new IntakeSettings(),
            Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"),
            Lookup = new FakeLookup().With("coupon 1 num=2 amount=5.25 shop_id=8 ctime=1772323200000; coupon 2 num=1 amount=0.75 shop_id=8 ctime=1772323200000"),
            QueriesOf = stream => [.. stream.Lookups.Select(DefaultQueries.Of)],
            Region = region,
            Parking = new ParkingLot(store.Parking, new ParkingSettings { MaxParked = 10, Backoff = backoff, Time = TimeProvider.System }, NullLogger.Instance),
            DeadLetters = new FakeDeadLetters(),
            Metrics = metrics,
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        };
        var sink = new TagSink();

        await new StreamPipeline(Click, options).ProcessAsync(
            [Message(Click, 1, Clicked(42)), Message(Click, 2, Clicked(43)), Message(Click, 3, Clicked(42))], sink, default);
        await new StreamPipeline(Coupon, options).ProcessAsync([Message(Coupon, 4, "1"), Message(Coupon, 5, "2"), Message(Coupon, 6, "1")], sink, default);
        await WaitFor.ConditionAsync(() => sink.Count == 6, "the deliveries to be done", running);
        region.Stop();
        await running.WaitAsync(TimeSpan.FromSeconds(20));

        (await _database.ScalarAsync("SELECT count(*) FROM data_load_marketing")).ShouldBe("1");
        (await _database.ScalarAsync("SELECT topic_type || '/' || topic_id || ' ' || stat_date || ': ' || click_cnt || ' ' || click_user_cnt || ' ' || coupon_num || ' ' || coupon_shop_cnt FROM data_load_marketing"))
            .ShouldBe("lesson/9 2026-03-01: 6 2 3 1");
        decimal.Parse((await _database.ScalarAsync("SELECT coupon_amount FROM data_load_marketing"))!, System.Globalization.CultureInfo.InvariantCulture).ShouldBe(6m);
    }

    public void Dispose() => _database.Dispose();

    private static string Clicked(int user) =>
        $$"""{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":{{user}},"times":3,"button":"buy","ctime":1772323200000}""";

    private static Delivery Message(StreamDefinition stream, ulong tag, string body)
    {
        var delivery = new Delivery(stream);
        delivery.Fill(tag, new BasicProperties { ContentType = "application/json" }, Encoding.UTF8.GetBytes(body));
        return delivery;
    }
}
