using System.Text;
using Akka.Streams;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Tests.Resolving;
using DataLoad.Streams.Amqp;
using Microsoft.Extensions.Logging.Abstractions;

namespace DataLoad.Engine.Tests.Intake.Streaming;

/// <summary>An actor system whose time stands until it is moved, and what the intake works with in it.</summary>
public abstract class IntakeKit : Akka.TestKit.Xunit.TestKit, Akka.TestKit.INoImplicitSender
{
    internal const string Share = """{"sessionStr":"s","topicType":"lesson","topicId":9,"wuId":42}""";
    internal const string Record = """{"recordId":5}""";
    internal const string Rows = "mq_operate_record 5 data={\"orderId\":7}; orders 7";
    internal static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private const string Config = """
        akka.scheduler.implementation = "DataLoad.Engine.Tests.Intake.Streaming.SerialTestScheduler, Engine.Tests"
        akka.actor.default-dispatcher.type = "DataLoad.Engine.Tests.Intake.Streaming.CountingDispatcherConfigurator, Engine.Tests"
        akka.actor.internal-dispatcher.type = ${akka.actor.default-dispatcher.type}
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        akka.log-dead-letters = off
        akka.test.single-expect-default = 10s
        """;

    private const int Turns = 50;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly CountingDispatcher[] _dispatchers;
    private int _ids;

    protected IntakeKit()
        : base(Config)
    {
        Clock = (SerialTestScheduler)Sys.Scheduler;
        _dispatchers = [(CountingDispatcher)Sys.Dispatchers.DefaultGlobalDispatcher, (CountingDispatcher)Sys.Dispatchers.Lookup("akka.actor.internal-dispatcher")];
        Options = OptionsOn(new SchedulerTime(Clock), Lookup, NextId);
    }

    internal SerialTestScheduler Clock { get; }

    internal FakeLookup Lookup { get; } = new();

    internal IntakeOptions Options { get; set; }

    internal ActorMaterializer Streams => _streams ??= Sys.Materializer();

    private ActorMaterializer? _streams;

    internal static IntakeOptions OptionsOn(TimeProvider time, ILookup lookup, Func<Guid> newId) => new()
    {
        Settings = new IntakeSettings { RetryDelays = [Second, 2 * Second, 4 * Second], Backoff = new Backoff(Second, Second) },
        Catalog = Catalog.Default,
        Partitions = 4,
        Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"),
        Lookup = lookup,
        QueriesOf = definition => [.. definition.Lookups.Select(DefaultQueries.Of)],
        Metrics = new EngineMetrics(),
        Time = time,
        Logger = NullLogger.Instance,
        NewId = newId,
        Incarnation = "node",
    };

    internal static StreamDefinition StreamNamed(string name) => Catalog.Default.FindStream(name)!;

    internal static AmqpProperties Json => default(AmqpProperties).With(AmqpProperty.ContentType, "application/json"u8);

    internal static (string Body, AmqpProperties Properties) Message(string body) => (body, Json);

    internal static string Utf8(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Ids that count up, so that they are the same in each run.</summary>
    internal Guid NextId() => new(Interlocked.Increment(ref _ids), 0, 0, new byte[8]);

    /// <summary>Waits until something holds, without moving the clock, and for actors to end what they are at.</summary>
    internal async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!(condition() && AreActorsIdle))
        {
            await TurnAsync(limit.Token, what);
        }
    }

    /// <summary>Moves the clock by a time within which something is due, once it is: who is to be woken may not have said so yet.</summary>
    internal async Task PassAsync(TimeSpan time)
    {
        await UntilAsync(() => Clock.HasDueWithin(time), $"something to be due within {time}");
        Clock.Advance(time);
    }

    /// <summary>Moves the clock, a step at a time, until something holds, and waits for actors to end what they are at.</summary>
    internal async Task AdvanceUntilAsync(Func<bool> condition, TimeSpan step, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            Clock.Advance(step);

            // Time stands until actors have done what they do of it, and others because of that. What they await of the
            // fakes is no mailbox's work, but stands in the pool's queue before this test.
            for (int turn = 0; turn < Turns && !condition(); turn = AreActorsIdle ? turn + 1 : 0)
            {
                await TurnAsync(limit.Token, what);
            }
        }

        await UntilAsync(static () => true, what);
    }

    private bool AreActorsIdle => Array.TrueForAll(_dispatchers, dispatcher => dispatcher.IsIdle);

    private static async Task TurnAsync(CancellationToken limit, string what)
    {
        if (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited in vain for {what}.");
        }

        await Task.Yield();
    }
}

/// <summary>Deliveries that a test hands to an interpreter, and what it hears of them.</summary>
internal sealed class TestDeliveries(ulong firstTag, params (string Body, AmqpProperties Properties)[] messages) : IDeliveryBatch, IDeliveryOrigin
{
    private readonly Lock _lock = new();
    private readonly List<ulong> _done = [];
    private volatile bool _isLost;
    private volatile bool _isAwaited;

    public IDeliveryOrigin Origin => this;

    public bool MayBeParked => true;

    public bool IsRedelivered { get; init; }

    public Guid? Claim { get; init; }

    public string Channel { get; init; } = "1";

    public bool IsLost
    {
        get => _isLost;
        set => _isLost = value;
    }

    public bool IsAwaited
    {
        get => _isAwaited;
        set => _isAwaited = value;
    }

    public bool IsReleased { get; private set; }

    public IReadOnlyList<ulong> Done
    {
        get
        {
            lock (_lock)
            {
                return [.. _done.Order()];
            }
        }
    }

    public void AddTo(DeliveryInterpreter interpreter)
    {
        interpreter.Start(Channel);
        for (int i = 0; i < messages.Length; i++)
        {
            interpreter.Add(firstTag + (ulong)i, IsRedelivered, messages[i].Properties, Encoding.UTF8.GetBytes(messages[i].Body));
        }
    }

    public void Release() => IsReleased = true;

    public bool TakeFault(Exception fault) => false;

    public void Complete(ReadOnlySpan<ulong> tags)
    {
        lock (_lock)
        {
            _done.AddRange(tags);
        }
    }

    public void KeepParked(ReadOnlySpan<ulong> tags) => throw new InvalidOperationException("These were not parked.");
}
