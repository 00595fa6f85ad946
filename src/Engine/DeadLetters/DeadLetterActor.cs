using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.DeadLetters;

/// <summary>How the dead letters of a node are published.</summary>
/// <param name="Publishing">Publishes with confirms; in the product <see cref="AmqpFlow.Publish"/>.</param>
/// <param name="User">The user that publishes.</param>
/// <param name="MaxPropertyBytes">What the properties of a message may take, in bytes, as far as is known beforehand.</param>
/// <param name="MaxInFlight">How many may wait for their confirms at once.</param>
internal sealed record DeadLetterPublishing(
    Flow<PublishRequest<object>, PublishResult<object>, NotUsed> Publishing, string User, int MaxPropertyBytes, int MaxInFlight);

/// <summary>The dead letters of a node: publishes each until the broker confirms it. What cannot be published is set aside and tried later.</summary>
internal sealed class DeadLetterActor : ReceiveActor, IWithTimers
{
    private const int LettersAtOnce = 32;
    private const int SmallestPropertyBytes = 4096;
    private const string Claim = "claim";
    private const string Renew = "renew";

    private readonly DeadLetterPublishing _publishing;
    private readonly IActorRef _parking;
    private readonly IntakeOptions _options;
    private readonly IntakeSettings _settings;
    private readonly DeadLetterState _state;
    private readonly Guid _source;
    private readonly Queue<Attempt> _waiting = new();
    private readonly Dictionary<BatchId, Request> _requests = [];
    private readonly Dictionary<BatchId, Attempt> _storing = [];
    private readonly Dictionary<Guid, (string Why, long DueMs)> _aside = [];

    // The rows that are taken up and not stored again or removed yet, and the claim they are under.
    private readonly HashSet<Guid> _claimed = [];
    private Guid _claim;
    private IActorRef _publisher = ActorRefs.Nobody;
    private long _number;
    private int _inFlight;
    private bool _isClaiming;
    private long? _nextDueMs;

    public DeadLetterActor(DeadLetterPublishing publishing, IActorRef parking, IntakeOptions options, DeadLetterState state)
    {
        (_publishing, _parking, _options, _settings, _state) = (publishing, parking, options, options.Settings, state);
        _source = options.NewId();
        Receive<PublishLetters>(Take);
        Receive<CancelLetters>(cancel => Cancel(cancel.Id));
        Receive<PublishResult<object>>(result => OnResult((Attempt)result.Request.Context, result));
        Receive<Parked>(parked => OnStored(parked.Id));
        Receive<Unparked>(unparked => OnStored(unparked.Id));
        Receive<DueDeliveries>(TakeUp);
        Receive<ParkingChanged>(_ => AskForDue());
        Receive<ClaimNow>(_ => AskForDue());
        Receive<RenewNow>(_ => _parking.Tell(new RenewClaim([.. _claimed], _claim)));
        Receive<ClaimRenewed>(renewed => RenewLater(renewed.Claim));
        Receive<PublishAgain>(again => PublishInstead(again.Id));
        Receive<PublishingEnded>(_ => throw new InvalidOperationException("The publishing of dead letters ended, which it never does by itself."));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(DeadLetterPublishing publishing, IActorRef parking, IntakeOptions options, DeadLetterState state) =>
        Akka.Actor.Props.Create(() => new DeadLetterActor(publishing, parking, options, state)).WithDeploy(Deploy.Local);

    private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    protected override void PreStart()
    {
        // No more is given to the flow than may be in flight, so that its buffer never overflows.
        _publisher = Source.ActorRef<PublishRequest<object>>(_publishing.MaxInFlight, OverflowStrategy.Fail)
            .Via(_publishing.Publishing)
            .To(Sink.ActorRef<PublishResult<object>>(Self, new PublishingEnded(), _ => new PublishingEnded()))
            .Run(Context.Materializer());
        _parking.Tell(new SubscribeParking(Letter.Exchange));
        AskForDue();
    }

    private void Take(PublishLetters publish)
    {
        if (_requests.ContainsKey(publish.Id))
        {
            return;
        }

        var request = new Request(publish.Id, Sender) { Left = publish.Letters.Count };
        _requests.Add(publish.Id, request);
        foreach (Letter letter in publish.Letters)
        {
            _waiting.Enqueue(new Attempt(letter, _options.Time.GetTimestamp()) { Request = request, MaxPropertyBytes = _publishing.MaxPropertyBytes });
        }

        if (Fault.Is(FaultPoint.DeadLetterDoneBeforeConfirm))
        {
            Sender.Tell(new LettersSafe(publish.Id));
        }

        Publish();
    }

    private void Publish()
    {
        while (_inFlight < _publishing.MaxInFlight && _waiting.TryDequeue(out Attempt? attempt))
        {
            if (attempt.Request is { IsCancelled: true })
            {
                continue;
            }

            _inFlight++;
            AmqpMessage message = attempt.Letter.ToMessage(_publishing.User, attempt.MaxPropertyBytes, attempt.WithBody);
            attempt.PropertyBytes = message.Properties.Bytes.Length;
            _publisher.Tell(new PublishRequest<object>(message, attempt));
        }
    }

    private void OnResult(Attempt attempt, PublishResult<object> result)
    {
        _inFlight--;
        switch (result.Outcome)
        {
            case PublishOutcome.Confirmed:
                OnConfirmed(attempt);
                break;
            case PublishOutcome.TooLarge when result.Code != 0 && attempt.WithBody && !attempt.Letter.Body.IsEmpty:
                // The broker refuses the body; all else of the letter is worth having.
                attempt.WithBody = false;
                _waiting.Enqueue(attempt);
                break;
            case PublishOutcome.TooLarge when result.Code == 0 && attempt.PropertyBytes > SmallestPropertyBytes:
                // Frames are smaller than was asked for.
                attempt.MaxPropertyBytes = Math.Max(SmallestPropertyBytes, attempt.PropertyBytes / 4 * 3);
                _waiting.Enqueue(attempt);
                break;
            case PublishOutcome.ConnectionLost when _options.Time.GetElapsedTime(attempt.Started) < _settings.DeadLetterPatience:
                // Nobody knows whether it is there, and which of those that were lost together is at fault.
                _waiting.Enqueue(attempt);
                break;
            default:
                SetAside(attempt, $"{result.Outcome}: {result.Text}");
                break;
        }

        Publish();
        ShowState();
    }

    private void OnConfirmed(Attempt attempt)
    {
        if (attempt.Row is null)
        {
            Done(attempt);
            return;
        }

        _aside.Remove(attempt.Row.Id);
        Store(attempt, id => new Unpark(id, [attempt.Row.Id], _claim));
    }

    /// <summary>Stores a letter that cannot be published, to be tried again later.</summary>
    private void SetAside(Attempt attempt, string why)
    {
        if (attempt.Request is { IsCancelled: true })
        {
            return;
        }

        DeadLetterLog.SetAside(_options.Logger, attempt.Letter.Stream, attempt.Letter.Rejection.Reason, why);
        int tries = (attempt.Row?.Tries ?? attempt.Tries) + 1;
        attempt.Tries = tries;
        TimeSpan wait = _settings.DeadLetterRetry.After(tries);
        ParkedDelivery row = new()
        {
            Id = attempt.Row?.Id ?? _options.NewId(),
            Stream = Letter.Exchange,
            DueMs = NowMs + (long)wait.TotalMilliseconds,
            Tries = attempt.Row is null ? 1 : tries,
            Message = attempt.Row?.Message ?? attempt.Letter.ToParked().Encode(),
        };
        Letter letter = attempt.Letter;
        _aside[row.Id] = ($"a letter of {letter.Stream} ({letter.Rejection.Reason}), received at {At(letter.ReceivedMs)}: {why}", row.DueMs);
        attempt.RowId = row.Id;
        BatchId stored = Store(attempt, id => attempt.Row is null ? new Park(id, [row]) : new ParkAgain(id, [row], _claim));
        if (attempt.Row is null)
        {
            Timers.StartSingleTimer(attempt, new PublishAgain(stored), wait);
        }
    }

    private BatchId Store(Attempt attempt, Func<BatchId, object> change)
    {
        var id = new BatchId(_source, ++_number);
        _storing.Add(id, attempt);
        _parking.Tell(change(id));
        return id;
    }

    /// <summary>A letter that is not stored yet, since there is no room perhaps, is published again meanwhile: what it waits for may wait for it.</summary>
    private void PublishInstead(BatchId id)
    {
        if (!_storing.Remove(id, out Attempt? attempt))
        {
            return;
        }

        // Where it is stored all the same, it is taken up like any other, and published twice.
        _aside.Remove(attempt.RowId);
        _parking.Tell(new CancelParking(id));
        _waiting.Enqueue(attempt);
        Publish();
        ShowState();
    }

    private void OnStored(BatchId id)
    {
        if (!_storing.Remove(id, out Attempt? attempt))
        {
            return;
        }

        if (attempt.Row is null)
        {
            Timers.Cancel(attempt);
            Done(attempt);
            return;
        }

        _claimed.Remove(attempt.Row.Id);
        if (_claimed.Count == 0)
        {
            Timers.Cancel(Renew);
            AskForDue();
        }

        ShowState();
    }

    private void Done(Attempt attempt)
    {
        Request request = attempt.Request!;
        _options.Metrics.DeadLetters.Add(1, new(EngineMetrics.StreamTag, attempt.Letter.Stream), new(EngineMetrics.ReasonTag, attempt.Letter.Rejection.Reason));
        if (--request.Left == 0 && _requests.Remove(request.Id))
        {
            request.Sender.Tell(new LettersSafe(request.Id));
        }
    }

    /// <summary>The deliveries come again: what is not on its way is forgotten.</summary>
    private void Cancel(BatchId id)
    {
        if (!_requests.Remove(id, out Request? request))
        {
            return;
        }

        request.IsCancelled = true;
        foreach ((BatchId storing, Attempt attempt) in _storing.Where(storing => storing.Value.Request == request).ToList())
        {
            // Where it is stored all the same, it is taken up like any other.
            _storing.Remove(storing);
            _aside.Remove(attempt.RowId);
            Timers.Cancel(attempt);
            _parking.Tell(new CancelParking(storing));
        }

        ShowState();
    }

    private void AskForDue()
    {
        if (!_isClaiming && _claimed.Count == 0)
        {
            _isClaiming = true;
            Timers.Cancel(Claim);
            _parking.Tell(new ClaimDue(Letter.Exchange, LettersAtOnce, _settings.MaxUnacceptedBytes));
        }
    }

    private void RenewLater(Guid claim)
    {
        if (claim == _claim && _claimed.Count > 0)
        {
            Timers.StartSingleTimer(Renew, new RenewNow(), _settings.ClaimTimeToLive / 2);
        }
    }

    private void TakeUp(DueDeliveries due)
    {
        (_isClaiming, _claim, _nextDueMs) = (false, due.Claim, due.NextDueMs);
        _claimed.UnionWith(due.Deliveries.Select(row => row.Id));
        RenewLater(due.Claim);
        if (due.Deliveries.Count == 0)
        {
            ForgetTakenByOthers();
        }

        foreach (ParkedDelivery row in due.Deliveries)
        {
            try
            {
                Letter letter = Letter.Of(ParkedContent.Decode(row.Id, row.Message))
                    ?? throw new StoredFormatException($"The parked delivery {row.Id} is no dead letter, though it is stored as one. "
                        + "Remove its row from dataload_parked to go on without it.");
                _waiting.Enqueue(new Attempt(letter, _options.Time.GetTimestamp()) { Row = row, MaxPropertyBytes = _publishing.MaxPropertyBytes });
            }
            catch (StoredFormatException e)
            {
                LeaveAside(row, e.Message);
            }
        }

        if (_claimed.Count == 0)
        {
            var longestMs = (long)_settings.ParkedPollInterval.TotalMilliseconds;
            long waitMs = due.NextDueMs is long next ? Math.Clamp(next - NowMs, 1, longestMs) : longestMs;
            Timers.StartSingleTimer(Claim, new ClaimNow(), TimeSpan.FromMilliseconds(waitMs));
        }

        Publish();
        ShowState();
    }

    private void LeaveAside(ParkedDelivery row, string error)
    {
        IntakeLog.ParkedDamaged(_options.Logger, Letter.Exchange, error);
        ParkedDelivery later = row with { DueMs = NowMs + (long)_settings.ParkedFaultDelay.TotalMilliseconds };
        _aside[row.Id] = (error, later.DueMs);
        Store(new Attempt(null!, 0) { Row = row }, id => new ParkAgain(id, [later], _claim));
    }

    /// <summary>Nothing was left to claim: what should have been due by then is another node's, which says itself what becomes of it.</summary>
    private void ForgetTakenByOthers()
    {
        long nowMs = NowMs;
        HashSet<Guid> storing = [.. _storing.Values.Select(attempt => attempt.RowId)];
        foreach ((Guid id, _) in _aside.Where(letter => letter.Value.DueMs <= nowMs && !storing.Contains(letter.Key)).ToList())
        {
            _aside.Remove(id);
        }
    }

    private void ShowState()
    {
        _state.SetAside = _aside.Count;
        _state.Failing = _aside.Count > 0 ? $"{_aside.Count} dead letters wait to be published, among them {_aside.Values.First().Why}"
            : _nextDueMs is long next ? $"dead letters wait to be published again from {At(next)} on"
            : null;
    }

    /// <summary>A time as all are shown: in the zone of the statistics, with its offset.</summary>
    private string At(long ms) => $"{TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(ms), _options.Zone):yyyy-MM-dd'T'HH:mm:sszzz}";

    /// <summary>Letters that are to be brought to safety together.</summary>
    private sealed class Request(BatchId id, IActorRef sender)
    {
        public BatchId Id => id;
        public IActorRef Sender => sender;
        public int Left { get; set; }
        public bool IsCancelled { get; set; }
    }

    /// <summary>A letter on its way: of a request, or of a row.</summary>
    private sealed class Attempt(Letter letter, long started)
    {
        public Letter Letter => letter;
        public long Started => started;
        public Request? Request { get; init; }
        public ParkedDelivery? Row { get; init; }
        public Guid RowId { get; set; }
        public int Tries { get; set; }
        public bool WithBody { get; set; } = true;
        public int MaxPropertyBytes { get; set; }
        public int PropertyBytes { get; set; }
    }

    private sealed record ClaimNow;
    private sealed record RenewNow;
    private sealed record PublishAgain(BatchId Id);
    private sealed record PublishingEnded;
}
