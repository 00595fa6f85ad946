using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Tests.Resolving;
using DataLoad.Engine.Tests.Scheduling;
using DataLoad.Engine.Tests.Sharding;
using Microsoft.Extensions.Logging.Abstractions;
using RabbitMQ.Client;

namespace DataLoad.Engine.Tests.Intake;

/// <summary>One stream's pipeline on a clock that stands, over a region that runs.</summary>
internal sealed class PipelineHarness : IAsyncDisposable
{
    private static readonly TimeSpan[] Delays = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4)];

    private readonly CancellationTokenSource _stop = new();
    private readonly StreamDefinition _stream;
    private Task _returning = Task.CompletedTask;
    private ulong _tag;

    private PipelineHarness(string stream) => _stream = Catalog.Default.FindStream(stream)!;

    public RegionHarness Region { get; } = new();

    public ManualTime Time { get; } = new();

    public FakeLookup Lookup { get; } = new();

    public FakeDeadLetters DeadLetters { get; } = new();

    public ParkingLot Parking { get; private set; } = null!;

    public StreamPipeline Pipeline { get; private set; } = null!;

    public TagSink Sink { get; } = new();

    /// <summary>Each parking that was stored: after how long it is due, and its tries.</summary>
    public List<(TimeSpan Wait, int Tries)> Parkings { get; } = [];

    public int ParkingCount
    {
        get
        {
            lock (Parkings)
            {
                return Parkings.Count;
            }
        }
    }

    public static async Task<PipelineHarness> StartAsync(string stream, IntakeSettings? settings = null)
    {
        var harness = new PipelineHarness(stream);
        await harness.Region.StartAsync();
        harness.Region.Store.After = operation =>
        {
            if (operation is "Parking.Park")
            {
                lock (harness.Parkings)
                {
                    harness.Parkings.AddRange(harness.Region.State.Parked.Values.Select(parked => (TimeSpan.FromMilliseconds(parked.DueMs - harness.Time.NowMs), parked.Tries)));
                }
            }

            return ValueTask.CompletedTask;
        };
        harness.Parking = new ParkingLot(
            harness.Region.Store.Parking,
            new ParkingSettings { MaxParked = 100, Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)), Time = harness.Time },
            NullLogger.Instance);
        await harness.Parking.OpenAsync(default);
        var options = new PipelineOptions
        {
            Settings = (settings ?? new IntakeSettings()) with { RetryDelays = Delays, Backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)) },
            Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"),
            Lookup = harness.Lookup,
            QueriesOf = definition => [.. definition.Lookups.Select(DefaultQueries.Of)],
            Region = harness.Region.Region,
            Parking = harness.Parking,
            DeadLetters = harness.DeadLetters,
            Metrics = harness.Region.Metrics,
            Time = harness.Time,
            Logger = NullLogger.Instance,
        };
        harness.Pipeline = new StreamPipeline(harness._stream, options);
        harness._returning = new ParkedReturns(harness._stream, options, new StreamPause(harness.Time)).RunAsync(harness._stop.Token);
        return harness;
    }

    public Task ProcessAsync(string body, BasicProperties? properties = null) => ProcessAsync((body, properties));

    /// <summary>Takes a batch through the pipeline; tags count from 1.</summary>
    public async Task ProcessAsync(params (string Body, BasicProperties? Properties)[] messages)
    {
        var batch = new List<Delivery>();
        foreach ((string body, BasicProperties? properties) in messages)
        {
            var delivery = new Delivery(_stream);
            delivery.Fill(++_tag, properties ?? new BasicProperties { ContentType = "application/json" }, Encoding.UTF8.GetBytes(body));
            batch.Add(delivery);
        }

        await Pipeline.ProcessAsync(batch, Sink, default);
    }

    public int Journaled => Region.WholeJournal().Count();

    public int Parked
    {
        get
        {
            lock (Region.State.Gate)
            {
                return Region.State.Parked.Count;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _returning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Region.DisposeAsync();
        _stop.Dispose();
    }
}

/// <summary>A broker that confirms dead letters when its gate is open.</summary>
internal sealed class FakeDeadLetters : IDeadLetterPublisher
{
    private readonly List<DeadLetter> _letters = [];

    public TaskCompletionSource? Gate { get; set; }

    public List<DeadLetter> Letters
    {
        get
        {
            lock (_letters)
            {
                return [.. _letters];
            }
        }
    }

    public async ValueTask PublishAsync(IReadOnlyList<DeadLetter> letters, CancellationToken cancellationToken)
    {
        lock (_letters)
        {
            _letters.AddRange(letters);
        }

        if (Gate is { } gate)
        {
            await gate.Task;
        }
    }
}
