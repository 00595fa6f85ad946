using Akka.Actor;
using Akka.Streams;
using Akka.TestKit.Xunit;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Watching;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>What the specs of Partitions share: one Partition under a probe that stands for its supervisor and region.</summary>
public abstract class PartitionSpec : TestKit, Akka.TestKit.INoImplicitSender
{
    protected const int Number = 0;

    private static readonly Catalog s_catalog = Catalog.Default;
    private long _batches;
    private PartitionContext? _context;

    protected PartitionSpec()
        : this(new JournalDouble())
    {
    }

    private PartitionSpec(JournalDouble journal)
        : base($$"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            {{JournalDoublePlugin.ConfigOf(journal)}}
            """) => Journal = journal;

    protected JournalDouble Journal { get; }

    internal StoreDouble Store { get; } = new();

    internal PartitionRegistry Registry { get; } = new();

    internal MemoryBudget Budget { get; set; } = new(256L << 20);

    internal PartitionSettings Settings { get; set; } = new()
    {
        Partitions = 1,
        FlushInterval = TimeSpan.FromMilliseconds(100),
        CheckpointInterval = TimeSpan.FromMinutes(10),
    };

    protected Guid Source { get; } = Guid.NewGuid();

    /// <summary>Starts the Partition; the probe hears what it tells its parent.</summary>
    protected (IActorRef Partition, Akka.TestKit.TestProbe Parent) Start()
    {
        Akka.TestKit.TestProbe parent = CreateTestProbe();
        IActorRef partition = parent.ChildActorOf(PartitionActor.Props(Number, Context()));
        return (partition, parent);
    }

    internal async Task<(IActorRef Partition, Akka.TestKit.TestProbe Parent)> StartServingAsync()
    {
        (IActorRef partition, Akka.TestKit.TestProbe parent) = Start();
        await AwaitPhaseAsync(partition, PartitionPhase.Serving);
        return (partition, parent);
    }

    internal Task AwaitPhaseAsync(IActorRef partition, PartitionPhase phase) => AwaitAssertAsync(
        async () => Assert.Equal(phase, (await partition.Ask<PartitionStatus>(new GetStatus(Number), TimeSpan.FromSeconds(3))).Phase),
        TimeSpan.FromSeconds(10));

    internal Task<PartitionStatus> StatusAsync(IActorRef partition) => partition.Ask<PartitionStatus>(new GetStatus(Number), TimeSpan.FromSeconds(3));

    internal TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Whether the node is known to be a member since a moment, as a test says.</summary>
    internal Func<long, bool> IsMemberSince { get; set; } = _ => true;

    internal PartitionContext Context() => _context ??= PartitionRegistration.ContextOf(Sys, Services(), Journal);

    internal PartitionServices Services() => new()
    {
        Node = "test",
        Plan = new CountingPlan(s_catalog),
        Settings = Settings,
        Positions = Store,
        Trimmer = Journal,
        Snapshots = Store,
        Statistics = Store,
        Declarations = Store,
        IsMemberSince = timestamp => IsMemberSince(timestamp),
        IsConflict = error => error is JournalConflictException,
        IsOfRow = error => error is RowRefusedException,
        Registry = Registry,
        Budget = Budget,
        Metrics = new EngineMetrics(),
        Persisted = new Broadcast<PersistedBlock>(),
        Time = Time,
        Logger = NullLogger.Instance,
        Backoff = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100)),
    };

    /// <summary>A share of a topic by a user, with an identity of its own.</summary>
    internal static EventSpec Share(int topic, int user, string messageId, int day = 739_675)
    {
        StreamDefinition stream = s_catalog.FindStream("act.share")!;
        var key = new TopicKey("activity", topic);
        return new EventSpec(
            stream, key, ((day - 719_162) * 86_400_000L) + 1000, day, user, null, [.. Enumerable.Repeat("", EventSpec.TextsOf(stream))], [],
            new IdentityHasher().OfMessageId(stream, key, messageId));
    }

    internal EventBatch Batch(params EventSpec[] events)
    {
        var builder = new EventBatchBuilder(Number);
        var @event = new BusinessEvent();
        foreach (EventSpec spec in events)
        {
            builder.Add(spec.Fill(@event), s_catalog.PageNamed(spec.Stream.Page).Id);
        }

        return builder.Build(new BatchId(Source, ++_batches));
    }

    /// <summary>What a row shows: how often it was shared, and by how many.</summary>
    internal (long Count, long Users)? Shares(int topic, int day = 739_675)
    {
        Page page = s_catalog.PageNamed("act");
        StatisticsRow? row = Store.Row("act", "activity", topic, day);
        return row is null ? null : (row.Values[page.IndexOf("share_cnt")], row.Values[page.IndexOf("share_user_cnt")]);
    }
}
