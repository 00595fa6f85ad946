using Akka.Actor;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Parking;

/// <summary>The parked deliveries as a node sees them: keeps to the bound of what is stored, makes the claims, and is the only one to ask the store. What
/// fails is repeated, each request by itself and ever later, until it works. Answers only what is durable.</summary>
internal sealed class ParkingActor : ReceiveActor, IWithTimers
{
    private const int MaxConcurrent = 8;
    private const string Counting = "counting";
    private const string Room = "room";

    // How old a count may be once less than a tenth is free: other nodes fill it, too.
    private static readonly TimeSpan OldestNearLimit = TimeSpan.FromSeconds(1);

    private readonly IParkingStore _store;
    private readonly IntakeOptions _options;
    private readonly IntakeSettings _settings;
    private readonly ParkingState _state;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<Request> _ready = new();
    private readonly LinkedList<Request> _waitingForRoom = new();
    private readonly HashSet<Request> _failing = [];

    // Those that are to be stored and are not yet, so that they can be taken back.
    private readonly Dictionary<BatchId, Request> _parks = [];

    // Those that remove rows and have been sent to the store.
    private readonly HashSet<Request> _removing = [];
    private readonly Dictionary<string, HashSet<IActorRef>> _subscribers = new(StringComparer.Ordinal);
    private int _running;
    private long _unsettled;
    private long _uncounted;
    private long _countedAt;
    private int _timesFull;
    private bool _isCounted;
    private bool _isCounting;

    public ParkingActor(IParkingStore store, IntakeOptions options, ParkingState state)
    {
        (_store, _options, _settings, _state, _logger) = (store, options, options.Settings, state, options.Logger);
        Receive<Park>(Take);
        Receive<ParkAgain>(again => Enqueue(ParkingAgain(again)));
        Receive<CancelParking>(cancel => Cancel(cancel.Id));
        Receive<Unpark>(unpark => Enqueue(Unparking(unpark)));
        Receive<ClaimDue>(due => Enqueue(new Request("claiming", Sender, token => ClaimAsync(due, token))));
        Receive<RenewClaim>(renew => Enqueue(Renewing(renew)));
        Receive<SubscribeParking>(subscribe => Subscribe(subscribe.Stream));
        Receive<Succeeded>(done => Finish(done.Request, done.Answer));
        Receive<Failed>(failed => Repeat(failed.Request, failed.Error));
        Receive<Request>(again => string.Equals(again.What, Counting, StringComparison.Ordinal), Run);
        Receive<Request>(Enqueue);
        Receive<CountAgain>(_ => Count());
        Receive<Terminated>(terminated => Unsubscribe(terminated.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IParkingStore store, IntakeOptions options, ParkingState state) =>
        Akka.Actor.Props.Create(() => new ParkingActor(store, options, state)).WithDeploy(Deploy.Local);

    private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
    private long ClaimUntilMs => NowMs + (long)_settings.ClaimTimeToLive.TotalMilliseconds;

    protected override void PreStart() => Count();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private void Take(Park park)
    {
        _waitingForRoom.AddLast(Parking(park));
        AdmitWaiting();
    }

    private Request Parking(Park park) => new("storing", Sender, async token =>
    {
        await _store.ParkAsync(park.Deliveries, token);
        return new Parked(park.Id);
    })
    { Id = park.Id, Parks = park.Deliveries, Room = park.Deliveries.Count };

    private Request ParkingAgain(ParkAgain again) => new("storing", Sender, async token =>
    {
        await _store.ParkAgainAsync(again.Deliveries, again.Claim, token);
        return new Parked(again.Id);
    })
    { Parks = again.Deliveries };

    private Request Unparking(Unpark unpark) => new(
        "removing", Sender, async token => new Unparked(unpark.Id, await _store.RemoveAsync(unpark.Ids, unpark.Claim, token)))
    { IsRemoval = true };

    private Request Renewing(RenewClaim renew) => new("renewing", Sender, async token =>
    {
        await _store.RenewAsync(renew.Ids, renew.Claim, ClaimUntilMs, token);
        return new ClaimRenewed(renew.Claim);
    });

    private async Task<object> ClaimAsync(ClaimDue due, CancellationToken cancellationToken)
    {
        // Another token each time: what a try that failed has claimed all the same is nobody's, and is due again when that runs out.
        Guid claim = _options.NewId();
        IReadOnlyList<ParkedDelivery> claimed =
            await _store.ClaimAsync(due.Stream, NowMs, ClaimUntilMs, claim, due.Limit, due.MaxBytes, cancellationToken);
        return new DueDeliveries(claimed, claim, claimed.Count > 0 ? null : await _store.NextDueAsync(due.Stream, cancellationToken));
    }

    /// <summary>Asks the store how many there are: at first, every so often, since other nodes park and remove as well, and where there is little room or
    /// none.</summary>
    private void Count()
    {
        if (!_isCounting)
        {
            _isCounting = true;
            _uncounted = _unsettled;
            Run(new Request(Counting, ActorRefs.Nobody, async token => new Counted(await _store.CountAsync(token))));
        }
    }

    private void Enqueue(Request request)
    {
        if (request.Id is { } id && _parks.TryAdd(id, request))
        {
            // Counted first: where nobody knows whether the store has them, they are counted rather too often than not at all.
            _state.Count += request.Room;
            _unsettled += request.Room;
            _uncounted += request.Room;
        }

        _ready.Enqueue(request);
        RunReady();
    }

    private void RunReady()
    {
        // Nothing is known of the room before the first count, and what is stored must not change while it is taken.
        while (_isCounted && _running < MaxConcurrent && _ready.TryDequeue(out Request? request))
        {
            if (request.IsCancelled)
            {
                Drop(request);
            }
            else
            {
                Run(request);
            }
        }
    }

    private void Run(Request request)
    {
        _running++;
        if (request.IsRemoval)
        {
            _removing.Add(request);
        }

        _ = request.RunAsync(_stopping.Token).PipeTo(Self, success: answer => new Succeeded(request, answer), failure: error => new Failed(request, error));
    }

    private void Finish(Request request, object answer)
    {
        _running--;
        Settle(request);
        _failing.Remove(request);
        ShowFailing();
        if (answer is Counted counted)
        {
            TakeCount(counted);
        }
        else
        {
            if (answer is Unparked unparked && _removing.Remove(request) && !request.IsCounted)
            {
                _state.Count = Math.Max(0, _state.Count - unparked.Removed);
            }

            request.Requester.Tell(answer, Self);
            Announce(request.Parks);
        }

        AdmitWaiting();
        RunReady();
    }

    private void Repeat(Request request, Exception error)
    {
        _running--;
        request.Error = error.Message;
        if (request.IsCancelled)
        {
            request.Failures++;
            Drop(request);
            Announce(request.Parks);
            AdmitWaiting();
            RunReady();
            return;
        }

        TimeSpan wait = _settings.Backoff.After(++request.Failures);
        ParkingLog.Failed(_logger, request.What, request.Failures, wait, error.Message);
        _failing.Add(request);
        ShowFailing();
        Timers.StartSingleTimer(request, request, wait);

        // The store may have them all the same, and nobody else would say so.
        Announce(request.Parks);
        RunReady();
    }

    private void TakeCount(Counted counted)
    {
        (_isCounting, _isCounted, _countedAt) = (false, true, _options.Time.GetTimestamp());

        // What crossed it may be in it or not, and counts as stored: rather too much than too little, until the next time.
        _state.Count = counted.Stored + _uncounted;
        foreach (Request removal in _removing)
        {
            removal.IsCounted = true;
        }

        // Also while nothing of ours is parked: other nodes may be at it, and the next one of ours must not find their part unknown.
        Timers.StartSingleTimer(Counting, new CountAgain(), _settings.ParkedCountInterval);
    }

    private bool MayAdmit()
    {
        if (!_isCounted || _state.Count >= _settings.MaxParked)
        {
            return false;
        }

        bool isKnown = _state.Count < _settings.MaxParked - (_settings.MaxParked / 10) || _options.Time.GetElapsedTime(_countedAt) <= OldestNearLimit;
        if (!isKnown)
        {
            Count();
        }

        return isKnown;
    }

    private void AdmitWaiting()
    {
        while (_waitingForRoom.First is { } first && MayAdmit())
        {
            _waitingForRoom.RemoveFirst();
            Enqueue(first.Value);
        }

        if (_waitingForRoom.Count == 0)
        {
            _timesFull = 0;
            Timers.Cancel(Room);
            ShowFailing();
        }
        else if (_isCounted && _state.Count >= _settings.MaxParked)
        {
            WaitForRoom();
        }
    }

    private void WaitForRoom()
    {
        if (_waitingForRoom.Count != 0 && !Timers.IsTimerActive(Room))
        {
            TimeSpan wait = _settings.Backoff.After(++_timesFull);
            ParkingLog.Full(_logger, _settings.MaxParked, wait);
            ShowFailing();
            Timers.StartSingleTimer(Room, new CountAgain(), wait);
        }
    }

    private void Cancel(BatchId id)
    {
        if (_parks.TryGetValue(id, out Request? request))
        {
            // Otherwise what is not stored would pile up while the store is away: its deliveries come again, and are to be parked again.
            request.IsCancelled = true;
            if (Timers.IsTimerActive(request))
            {
                Timers.Cancel(request);
                Drop(request);
                AdmitWaiting();
            }

            return;
        }

        if (_waitingForRoom.FirstOrDefault(waiting => waiting.Id == id) is { } found)
        {
            _waitingForRoom.Remove(found);
            AdmitWaiting();
        }
    }

    /// <summary>Gives a request up that was taken back.</summary>
    private void Drop(Request request)
    {
        Settle(request);
        _failing.Remove(request);
        ShowFailing();

        // One that failed may be stored all the same: it stays counted, rather too often than not at all, until they are counted anew.
        if (request.Failures == 0)
        {
            _state.Count -= request.Room;
            _uncounted -= request.Room;
        }
    }

    private void Settle(Request request)
    {
        if (request.Id is { } id && _parks.Remove(id))
        {
            _unsettled -= request.Room;
        }
    }

    private void Subscribe(string stream)
    {
        if (!_subscribers.TryGetValue(stream, out HashSet<IActorRef>? subscribers))
        {
            _subscribers[stream] = subscribers = [];
        }

        subscribers.Add(Sender);
        Context.Watch(Sender);
    }

    private void Unsubscribe(IActorRef subscriber)
    {
        foreach (HashSet<IActorRef> subscribers in _subscribers.Values)
        {
            subscribers.Remove(subscriber);
        }
    }

    private void Announce(IReadOnlyList<ParkedDelivery> parked)
    {
        IEnumerable<string> streams = parked.Select(delivery => delivery.Stream).Distinct(StringComparer.Ordinal);
        foreach (IActorRef subscriber in streams.SelectMany(stream => _subscribers.GetValueOrDefault(stream, [])))
        {
            subscriber.Tell(new ParkingChanged(), Self);
        }
    }

    private void ShowFailing() =>
        _state.Failing = _failing.Count > 0
            ? _failing.MaxBy(request => request.Failures)!.Error
            : _timesFull > 0 ? $"{_settings.MaxParked} deliveries are parked, which is the limit" : null;

    /// <summary>What the store is asked for, until it has done it.</summary>
    private sealed class Request(string what, IActorRef requester, Func<CancellationToken, Task<object>> run) : INoSerializationVerificationNeeded
    {
        public string What => what;
        public IActorRef Requester => requester;

        /// <summary>What it stores for the first time; null of anything else.</summary>
        public BatchId? Id { get; init; }

        public IReadOnlyList<ParkedDelivery> Parks { get; init; } = [];
        public long Room { get; init; }
        public bool IsRemoval { get; init; }

        /// <summary>Of a removal: whether a count that it crossed may know of it.</summary>
        public bool IsCounted { get; set; }

        public bool IsCancelled { get; set; }
        public int Failures { get; set; }
        public string? Error { get; set; }

        // Awaited, so that a store that throws instead of failing is repeated like any other.
        public async Task<object> RunAsync(CancellationToken cancellationToken) => await run(cancellationToken);
    }

    private sealed record Succeeded(Request Request, object Answer) : INoSerializationVerificationNeeded;
    private sealed record Failed(Request Request, Exception Error) : INoSerializationVerificationNeeded;
    private sealed record Counted(long Stored) : INoSerializationVerificationNeeded;
    private sealed record CountAgain;
}

/// <summary>Log messages 4000 to 4099.</summary>
internal static partial class ParkingLog
{
    [LoggerMessage(4000, LogLevel.Warning, "{Limit} deliveries are parked, which is the limit; waiting {Wait} for room")]
    public static partial void Full(ILogger logger, long limit, TimeSpan wait);

    [LoggerMessage(4001, LogLevel.Warning, "{What} parked deliveries failed (try {Failures}), next try in {Wait}: {Error}")]
    public static partial void Failed(ILogger logger, string what, int failures, TimeSpan wait, string error);
}
