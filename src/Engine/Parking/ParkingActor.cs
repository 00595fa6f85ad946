using Akka.Actor;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Partitions;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Parking;

/// <summary>The parked deliveries of a node: owns the count of what is stored and its bound, and is the only one to ask the store. What fails is repeated,
/// each request by itself and ever later, until it works. Answers only what is durable.</summary>
internal sealed class ParkingActor : ReceiveActor, IWithTimers
{
    private const int MaxConcurrent = 8;
    private const string Counting = "counting";
    private const string Room = "room";

    private readonly IParkingStore _store;
    private readonly IntakeSettings _settings;
    private readonly ParkingState _state;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<Request> _ready = new();
    private readonly LinkedList<Request> _waitingForRoom = new();
    private readonly HashSet<Request> _failing = [];

    // Those that are to be stored and are not yet, so that they can be taken back.
    private readonly Dictionary<BatchId, Request> _parks = [];
    private readonly Dictionary<string, HashSet<IActorRef>> _subscribers = new(StringComparer.Ordinal);
    private int _running;
    private int _changing;
    private long _changes;
    private int _timesFull;
    private bool _isCounted;
    private bool _isCounting;

    public ParkingActor(IParkingStore store, IntakeOptions options, ParkingState state)
    {
        (_store, _settings, _state, _logger) = (store, options.Settings, state, options.Logger);
        Receive<Park>(Take);
        Receive<CancelParking>(cancel => Cancel(cancel.Id));
        Receive<Unpark>(unpark => Enqueue(Unparking(unpark)));
        Receive<ReadDue>(read => Enqueue(new Request("reading", Sender, token => ReadAsync(read, token))));
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

    protected override void PreStart() => Count();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private void Take(Park park)
    {
        if (park.HasRoom)
        {
            Enqueue(Parking(park, room: 0));
            return;
        }

        _waitingForRoom.AddLast(Parking(park, park.Deliveries.Count));
        AdmitWaiting();
    }

    private Request Parking(Park park, int room) => new("storing", Sender, async token =>
    {
        await _store.ParkAsync(park.Deliveries, token);
        return new Parked(park.Id);
    })
    { Id = park.Id, CountedBefore = room, Parks = park.Deliveries, IsChange = true };

    private Request Unparking(Unpark unpark) => new("removing", Sender, async token =>
    {
        await _store.RemoveAsync(unpark.Ids, token);
        return new Unparked(unpark.Id);
    })
    { CountedAfter = -unpark.Ids.Count, IsChange = true };

    private async Task<object> ReadAsync(ReadDue read, CancellationToken cancellationToken)
    {
        IReadOnlyList<ParkedDelivery> due = await _store.DueAsync(read.Stream, read.NowMs, read.Limit, read.MaxBytes, cancellationToken);
        return new DueDeliveries(due, due.Count > 0 ? null : await _store.NextDueAsync(read.Stream, cancellationToken));
    }

    /// <summary>Asks the store how many there are: at first, and whenever there is no room, since another node may have removed some. An answer that a change
    /// of our own crossed may or may not know of it, and is asked for again.</summary>
    private void Count()
    {
        if (_isCounting || _changing > 0)
        {
            WaitForRoom();
            return;
        }

        _isCounting = true;
        long changes = _changes;
        Run(new Request(Counting, ActorRefs.Nobody, async token => new Counted(await _store.CountAsync(token), changes)));
    }

    private void Enqueue(Request request)
    {
        if (request.IsChange && !request.IsStarted)
        {
            // Counted first: where nobody knows whether the store has them, they are counted rather too often than not at all.
            request.IsStarted = true;
            if (request.Id is { } id)
            {
                _parks[id] = request;
            }

            _changing++;
            _changes++;
            _state.Count += request.CountedBefore;
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
        _ = request.RunAsync(_stopping.Token).PipeTo(Self, success: answer => new Succeeded(request, answer), failure: error => new Failed(request, error));
    }

    private void Finish(Request request, object answer)
    {
        _running--;
        if (request.IsChange)
        {
            EndChange(request);
            _state.Count += request.CountedAfter;
        }

        _failing.Remove(request);
        ShowFailing();
        if (answer is Counted counted)
        {
            TakeCount(counted);
        }
        else
        {
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
        _isCounting = false;

        // Before the first count nothing runs that would change it.
        if (!_isCounted || counted.Changes == _changes)
        {
            _state.Count = counted.Stored;
        }

        _isCounted = true;
    }

    private void AdmitWaiting()
    {
        while (_isCounted && _state.Count < _settings.MaxParked && _waitingForRoom.First is { } first)
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
        else if (_isCounted)
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
        EndChange(request);
        _failing.Remove(request);
        ShowFailing();

        // One that failed may be stored all the same: it stays counted, rather too often than not at all, until they are counted anew.
        if (request.Failures == 0)
        {
            _state.Count -= request.CountedBefore;
        }
    }

    private void EndChange(Request request)
    {
        _changing--;
        _changes++;
        if (request.Id is { } id)
        {
            _parks.Remove(id);
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
        public BatchId? Id { get; init; }
        public IReadOnlyList<ParkedDelivery> Parks { get; init; } = [];
        public long CountedBefore { get; init; }
        public long CountedAfter { get; init; }
        public bool IsChange { get; init; }
        public bool IsStarted { get; set; }
        public bool IsCancelled { get; set; }
        public int Failures { get; set; }
        public string? Error { get; set; }

        // Awaited, so that a store that throws instead of failing is repeated like any other.
        public async Task<object> RunAsync(CancellationToken cancellationToken) => await run(cancellationToken);
    }

    private sealed record Succeeded(Request Request, object Answer) : INoSerializationVerificationNeeded;
    private sealed record Failed(Request Request, Exception Error) : INoSerializationVerificationNeeded;
    private sealed record Counted(long Stored, long Changes) : INoSerializationVerificationNeeded;
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
