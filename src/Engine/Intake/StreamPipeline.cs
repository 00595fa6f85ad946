using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Decoding;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Resolving;
using DataLoad.Engine.Sharding;

namespace DataLoad.Engine.Intake;

/// <summary>
/// What happens to a batch of one stream's deliveries: decode, look up, make events and hand them to their shards;
/// park what must wait; dead-letter what cannot be counted. Used by one loop.
/// </summary>
internal sealed class StreamPipeline
{
    private readonly StreamDefinition _stream;
    private readonly PipelineOptions _options;
    private readonly BodyDecoder _decoder;
    private readonly Resolver _resolver;
    private readonly EventFactory _events;
    private readonly ShardRouter _router;
    private readonly BusinessEvent _event = new();
    private readonly List<Candidate> _candidates = [];
    private readonly List<DeadLetter> _letters = [];
    private readonly List<ParkedDelivery> _parking = [];
    private readonly List<ParkedDelivery> _parkingAgain = [];
    private readonly KeyValuePair<string, object?> _tag;
    private ulong[] _done = new ulong[64];
    private int _doneCount;

    public StreamPipeline(StreamDefinition stream, PipelineOptions options)
    {
        _stream = stream;
        _options = options;
        _decoder = new BodyDecoder(stream, options.Settings.MaxBodyBytes);
        _resolver = new Resolver(
            stream,
            options.Lookup,
            new ResolverOptions { Queries = options.QueriesOf(stream), Backoff = options.Settings.Backoff, Metrics = options.Metrics, Time = options.Time },
            options.Logger);
        _events = new EventFactory(stream, _resolver, options.Zone, options.Settings.MaxBodyBytes);
        _router = new ShardRouter(options.Region);
        _tag = new(EngineMetrics.StreamTag, stream.Name);
    }

    /// <summary>Why the stream is paused, or null.</summary>
    public string? Failing => _resolver.Failing;

    /// <summary>Whether the broker has waited for delayed messages of this stream already.</summary>
    public bool BrokerDelays { get; set; }

    /// <summary>
    /// Takes a batch. When it returns, each delivery was handed to its shard, which tells the sink when it is durable,
    /// or was parked or dead-lettered, and the sink was told. Deliveries that were parked before and are parked
    /// again are not told of; their number is returned.
    /// </summary>
    public async ValueTask<int> ProcessAsync(IReadOnlyList<Delivery> batch, IDeliverySink sink, CancellationToken cancellationToken)
    {
        _candidates.Clear();
        _letters.Clear();
        _parking.Clear();
        _parkingAgain.Clear();
        _doneCount = 0;
        _router.Start(sink);
        long now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (Delivery delivery in batch)
        {
            Prepare(delivery, now);
        }

        if (_candidates.Count > 0 && !_stream.Lookups.IsEmpty)
        {
            await _resolver.LookUpAsync(_candidates, cancellationToken).ConfigureAwait(false);
            now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        }

        foreach (Delivery delivery in batch)
        {
            Settle(delivery, now);
        }

        await _router.PostAsync(cancellationToken).ConfigureAwait(false);
        if (Fault.Is(FaultPoint.DeadLetterDoneBeforeConfirm))
        {
            sink.Complete(_done.AsSpan(0, _doneCount));
        }

        await PutAsideAsync(cancellationToken).ConfigureAwait(false);
        sink.Complete(_done.AsSpan(0, _doneCount));
        return _parkingAgain.Count;
    }

    private void Prepare(Delivery delivery, long now)
    {
        Candidate candidate = delivery.Candidate;
        candidate.Clear();
        candidate.ParkedAs = delivery.ParkedAs;
        candidate.MessageId = delivery.Properties.MessageId;
        candidate.TimestampMs = TimestampOf(delivery);
        candidate.ReceivedMs = delivery.ReceivedMs = delivery.ReceivedMs != 0 ? delivery.ReceivedMs : ReceiptOf(delivery, now);
        delivery.DueMs = 0;
        Rejection? rejection = CheckProperties(delivery)
            ?? _decoder.Decode(delivery.Properties.ContentType, delivery.Properties.ContentEncoding, delivery.Body, candidate.Fields)
            ?? EventFactory.CheckMessage(candidate)
            ?? CheckDelay(delivery, now);
        if (rejection is not null)
        {
            candidate.Reject(rejection);
        }
        else if (delivery.DueMs == 0)
        {
            _candidates.Add(candidate);
        }
    }

    private static Rejection? CheckProperties(Delivery delivery) =>
        delivery.Properties.Error is string error ? new Rejection(RejectReason.Unreadable, error) : null;

    /// <summary>Reads <c>x-delay</c> where it has not been waited for, and says when the delivery is due.</summary>
    private Rejection? CheckDelay(Delivery delivery, long now)
    {
        if (delivery.ParkedAs is not null || BrokerDelays)
        {
            return null;
        }

        if (!delivery.Properties.TryDelay(out long? delay))
        {
            return new Rejection(RejectReason.BadDelay, $"header x-delay = {delivery.Properties.ShowDelay()}: expected milliseconds as an integer");
        }

        if (delay is not > 0)
        {
            return null;
        }

        long most = (long)_options.Settings.MaxDelay.TotalMilliseconds;
        if (delay > most)
        {
            return new Rejection(RejectReason.BadDelay, $"header x-delay = {delay}: expected at most {most} milliseconds ({_options.Settings.MaxDelay.TotalDays:0.##} days)");
        }

        long due = delivery.ReceivedMs + delay.Value;
        delivery.DueMs = due > now ? due : 0;
        return null;
    }

    private void Settle(Delivery delivery, long now)
    {
        Candidate candidate = delivery.Candidate;
        if (candidate.State == CandidateState.Rejected)
        {
            DeadLetter(delivery, candidate.Rejection!);
        }
        else if (delivery.DueMs != 0)
        {
            Park(delivery, delivery.DueMs, tries: 0);
        }
        else if (candidate.State == CandidateState.Missing)
        {
            _options.Metrics.Retries.Add(1, _tag);
            IReadOnlyList<TimeSpan> delays = _options.Settings.RetryDelays;
            if (delivery.Tries < delays.Count)
            {
                Park(delivery, now + (long)delays[delivery.Tries].TotalMilliseconds, delivery.Tries + 1);
            }
            else
            {
                DeadLetter(delivery, new Rejection(RejectReason.NoRow, $"There is no row {candidate.MissingRow}, after {delivery.Tries + 1} tries"));
            }
        }
        else if (_events.Make(candidate, _event) is Rejection rejection)
        {
            DeadLetter(delivery, rejection);
        }
        else
        {
            if (_events.MadeUpIdentity)
            {
                _options.Metrics.Unidentified.Add(1, _tag);
            }

            _router.Add(_event, delivery.Tag);
        }
    }

    private void Park(Delivery delivery, long dueMs, int tries)
    {
        byte[] message;
        try
        {
            message = ParkedMessage.Encode(delivery.ReceivedMs, delivery.Properties.ToBasicProperties(), delivery.Body);
        }
        catch (InvalidDataException e)
        {
            DeadLetter(delivery, new Rejection(RejectReason.Unreadable, $"The message cannot be held for later: {e.Message}"));
            return;
        }

        var parked = new ParkedDelivery
        {
            Id = delivery.ParkedAs ?? Guid.CreateVersion7(),
            Stream = _stream.Name,
            DueMs = dueMs,
            Tries = tries,
            Message = message,
        };
        if (delivery.ParkedAs is null)
        {
            _parking.Add(parked);
            Done(delivery.Tag);
        }
        else
        {
            _parkingAgain.Add(parked);
        }
    }

    private void DeadLetter(Delivery delivery, Rejection rejection)
    {
        _letters.Add(new DeadLetter(_stream.Name, rejection, delivery.ReceivedMs, delivery.Properties.ToBasicProperties(), delivery.Body.ToArray()));
        Done(delivery.Tag);
    }

    private async ValueTask PutAsideAsync(CancellationToken cancellationToken)
    {
        if (_letters.Count > 0)
        {
            await _options.DeadLetters.PublishAsync(_letters, cancellationToken).ConfigureAwait(false);
            foreach (DeadLetter letter in _letters)
            {
                _options.Metrics.DeadLetters.Add(1, _tag, new(EngineMetrics.ReasonTag, letter.Rejection.Reason));
            }
        }

        if (_parking.Count > 0)
        {
            await _options.Parking.ParkAsync(_parking, cancellationToken).ConfigureAwait(false);
            _options.Metrics.Parked.Add(_parking.Count, _tag);
        }

        if (_parkingAgain.Count > 0)
        {
            await _options.Parking.ParkAgainAsync(_parkingAgain, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Done(ulong tag)
    {
        if (_doneCount == _done.Length)
        {
            Array.Resize(ref _done, _doneCount * 2);
        }

        _done[_doneCount++] = tag;
    }

    /// <summary>The first receipt: the one that an earlier one recorded, where it is one that can have been.</summary>
    private static long ReceiptOf(Delivery delivery, long now) =>
        delivery.Properties.TryReceived(out long? received) && received is long at && at >= EventTime.EarliestMs && at <= now
            ? at
            : now;

    private static long TimestampOf(Delivery delivery)
    {
        // Seconds, by AMQP. What is too large for milliseconds is out of range in any case.
        long seconds = delivery.Properties.TimestampSeconds;
        return seconds is > long.MaxValue / 1000 or < long.MinValue / 1000 ? long.MaxValue : seconds * 1000;
    }
}
