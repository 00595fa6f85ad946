using Akka.Actor;
using Akka.TestKit.Xunit;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Sqlite;
using DataLoad.Engine.Tests.Conformance.Sqlite;
using DataLoad.Engine.Tests.Intake.Streaming;
using DataLoad.Engine.Tests.Partitions;
using DataLoad.Engine.Tests.Resolving;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Contract;

/// <summary>"To be continued": a further page is a declaration and nothing else.</summary>
public sealed class FurtherPageTests : TestKit, Akka.TestKit.INoImplicitSender
{
    private static readonly Page Marketing = new()
    {
        Id = 3,
        Name = "marketing",
        Table = "data_load_marketing",
        Metrics = [Metric.Count("click_cnt"), Metric.Distinct("click_user_cnt"), Metric.Count("coupon_num"), Metric.Amount("coupon_amount"),
            Metric.Distinct("coupon_shop_cnt")],
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
                Columns = [.. CommonColumn.All, new("num", ColumnKind.Int32), new("amount", ColumnKind.Amount), new("shop_id", ColumnKind.Int32),
                    new("ctime", ColumnKind.Time)],
                CommonAt = 0,
            },
        ],
        BusinessKeyStep = 0,
        TimeFromRow = true,
        Facts = [Fact.Row("coupon", "num"), Fact.Row("coupon", "amount"), Fact.Row("coupon", "shop_id")],
        Contributions = [Contribution.Sum("coupon_num", "num"), Contribution.Sum("coupon_amount", "amount"),
            Contribution.Distinct("coupon_shop_cnt", "shop_id")],
    };

    private static readonly Catalog All = Catalog.Default.With(Marketing, Click, Coupon);

    private readonly TemporaryDatabase _database = new();
    private readonly JournalDouble _journal;

    public FurtherPageTests()
        : this(new JournalDouble())
    {
    }

    private FurtherPageTests(JournalDouble journal)
        : base($"akka.loglevel = OFF\nakka.stdout-loglevel = OFF\n{JournalDoublePlugin.ConfigOf(journal)}") => _journal = journal;

    [Fact]
    public async Task A_page_that_is_declared_has_its_table_made_and_filled()
    {
        await using var store = new SqlStore(SqliteDatabase.ForStore(_database.Path));
        await store.MigrateAsync(default);
        await new RowAdoption(store.Statistics, store.Snapshots, store.Partitions, All, store.Name).RunAsync(partitions: 1, adopt: false, default);
        using var metrics = new EngineMetrics();
        IActorRef partition = Sys.ActorOf(PartitionActor.Props(0, ContextOf(store, metrics)));
        FakeLookup rows = new FakeLookup()
            .With("coupon 1 num=2 amount=5.25 shop_id=8 ctime=1772323200000; coupon 2 num=1 amount=0.75 shop_id=8 ctime=1772323200000");
        IntakeOptions options = IntakeKit.OptionsOn(TimeProvider.System, rows, Guid.NewGuid) with { Catalog = All, Partitions = 1 };

        await CountAsync(partition, options, Click, Clicked(42), Clicked(43), Clicked(42));
        await CountAsync(partition, options, Coupon, "1", "2", "1");
        (await partition.Ask<Done>(new FlushNow(0), TimeSpan.FromSeconds(20))).Partition.ShouldBe(0);

        (await _database.ScalarAsync("SELECT count(*) FROM data_load_marketing")).ShouldBe("1");
        (await _database.ScalarAsync("SELECT topic_type || '/' || topic_id || ' ' || stat_date || ': ' || click_cnt || ' ' || click_user_cnt || ' ' || coupon_num || ' ' || coupon_shop_cnt FROM data_load_marketing"))
            .ShouldBe("lesson/9 2026-03-01: 6 2 3 1");
        decimal.Parse((await _database.ScalarAsync("SELECT coupon_amount FROM data_load_marketing"))!, System.Globalization.CultureInfo.InvariantCulture)
            .ShouldBe(6m);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _database.Dispose();
    }

    private static string Clicked(int user) =>
        $$"""{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":{{user}},"times":3,"button":"buy","ctime":1772323200000}""";

    /// <summary>Interprets messages as their stream does, and waits until what they came to is accepted.</summary>
    private static async Task CountAsync(IActorRef partition, IntakeOptions options, StreamDefinition stream, params string[] bodies)
    {
        var deliveries = new TestDeliveries(1, [.. bodies.Select(IntakeKit.Message)]);
        var interpreter = new DeliveryInterpreter(stream, options);
        deliveries.AddTo(interpreter);
        if (interpreter.NeedsRows)
        {
            await interpreter.LookUpAsync(default);
        }

        foreach (Part part in interpreter.Finish(deliveries.Origin, isLookedUp: true).Parts)
        {
            part.Target.ShouldBe(PartTarget.Partition);
            await partition.Ask<Accepted>(part.Message, TimeSpan.FromSeconds(20));
        }
    }

    private PartitionContext ContextOf(SqlStore store, EngineMetrics metrics) => PartitionRegistration.ContextOf(
        Sys,
        new PartitionServices
        {
            Node = "test",
            Plan = new CountingPlan(All),
            Settings = new PartitionSettings { Partitions = 1 },
            Positions = store.Partitions,
            Trimmer = _journal,
            Snapshots = store.Snapshots,
            Statistics = store.Statistics,
            Declarations = store.Declarations,
            IsConflict = store.IsConflict,
            Registry = new PartitionRegistry(),
            Budget = new MemoryBudget(64L << 20),
            Metrics = metrics,
            Persisted = new Broadcast<PersistedBlock>(),
            Time = TimeProvider.System,
            Logger = NullLogger.Instance,
        },
        _journal);
}
