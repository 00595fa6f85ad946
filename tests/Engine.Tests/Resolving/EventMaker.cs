using System.Text;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Scheduling;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;

namespace DataLoad.Engine.Tests.Resolving;

/// <summary>Makes one stream's messages events, as the pipeline does.</summary>
internal sealed class EventMaker
{
    public const long Noon = ManualTime.Start + (4 * 3_600_000);

    private const int MaxTextBytes = 64 * 1024;

    private static readonly EngineMetrics Metrics = new();

    private readonly StreamDefinition _stream;
    private readonly BodyDecoder _decoder;
    private readonly Resolver _resolver;
    private readonly EventFactory _factory;
    private readonly Candidate _candidate;

    public EventMaker(string stream, FakeLookup? lookup = null, string zone = "Asia/Shanghai")
    {
        _stream = Catalog.Default.FindStream(stream).ShouldNotBeNull();
        Lookup = lookup ?? new FakeLookup();
        _decoder = new BodyDecoder(_stream, MaxTextBytes);
        _resolver = new Resolver(
            _stream,
            Lookup,
            new ResolverOptions
            {
                Queries = [.. _stream.Lookups.Select(DefaultQueries.Of)],
                Backoff = new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1)),
                Metrics = Metrics,
                Time = TimeProvider.System,
            },
            NullLogger.Instance);
        _factory = new EventFactory(_stream, _resolver, TimeZoneInfo.FindSystemTimeZoneById(zone), MaxTextBytes);
        _candidate = new Candidate(_stream);
    }

    public FakeLookup Lookup { get; }

    /// <summary>The event that was made last.</summary>
    public BusinessEvent Event { get; } = new();

    /// <summary>Whether the event that was made last has an identity that the engine gave it.</summary>
    public bool MadeUpIdentity => _factory.MadeUpIdentity;

    public DateOnly Day => DateOnly.FromDayNumber(Event.Day);

    /// <summary>Why a message is rejected, or null; a row that is missing has the reason of a row that is never found.</summary>
    public Rejection? Make(string json, long receivedMs = Noon, string? messageId = null, long timestampMs = 0, Guid? parkedAs = null,
        DeliveryId? delivery = null)
    {
        _candidate.Clear();
        _candidate.ReceivedMs = receivedMs;
        _candidate.SetMessageId(Encoding.UTF8.GetBytes(messageId ?? ""));
        _candidate.TimestampMs = timestampMs;
        _candidate.ParkedAs = parkedAs;
        _candidate.Delivery = delivery;
        Rejection? rejection = _decoder.Decode("application/json", contentEncoding: null, Encoding.UTF8.GetBytes(json), _candidate.Fields)
            ?? EventFactory.CheckMessage(_candidate);
        if (rejection is not null)
        {
            return rejection;
        }

        _resolver.LookUpAsync([_candidate], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return _candidate.State switch
        {
            CandidateState.Ready => _factory.Make(_candidate, Event),
            CandidateState.Missing => new Rejection(RejectReason.NoRow, _candidate.MissingRow!),
            _ => _candidate.Rejection,
        };
    }

    public EventMaker Makes(string json, long receivedMs = Noon, string? messageId = null, long timestampMs = 0, Guid? parkedAs = null,
        DeliveryId? delivery = null)
    {
        Make(json, receivedMs, messageId, timestampMs, parkedAs, delivery).ShouldBeNull(json);
        return this;
    }

    public Rejection Rejects(string reason, string json, long receivedMs = Noon, long timestampMs = 0)
    {
        Rejection rejection = Make(json, receivedMs, timestampMs: timestampMs).ShouldNotBeNull(json);
        rejection.Reason.ShouldBe(reason, rejection.Error);
        return rejection;
    }

    /// <summary>The identity that a message has.</summary>
    public EventId IdentityOf(string json, string? messageId = null, Guid? parkedAs = null, DeliveryId? delivery = null) =>
        Makes(json, messageId: messageId, parkedAs: parkedAs, delivery: delivery).Event.Identity;

    /// <summary>What the event that was made adds to an empty Counter, as <c>column=value</c>, zeros left out.</summary>
    public string Adds()
    {
        var plan = new CountingPlan(Catalog.Default);
        Page page = Catalog.Default.PageNamed(_stream.Page);
        var counter = new Counter(new CounterId(page.Id, Event.Topic, Event.Day), page);
        counter.Apply(plan, Event, sequenceNr: 1).ShouldBeTrue();
        return string.Join(' ', page.Metrics.Select((metric, i) => (metric.Column, Value: counter.Value(i))).Where(x => x.Value != 0)
            .Select(x => $"{x.Column}={x.Value}"));
    }
}
