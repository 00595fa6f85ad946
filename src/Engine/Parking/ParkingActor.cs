using Akka.Actor;
using DataLoad.Engine.Partitions;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Parking;

/// <summary>
/// The parked deliveries of a node: owns the count of what is stored and its bound, and is the only one to ask the store.
/// What fails is repeated, each request by itself and ever later, until it works. Answers only what is durable.
/// </summary>
internal sealed class ParkingActor : UntypedActor, IWithTimers
{
    private const int MaxConcurrent = 8;
    private const string Counting = "counting";

    private readonly IParkingStore _store;
    private readonly ParkingSettings _options;
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

    public ParkingActor(IParkingStore store, ParkingSettings options, ParkingState state, ILogger logger)
    {
        _store = store;
        _options = options;
        _state = state;
        _logger = logger;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IParkingStore store, ParkingSettings options, ParkingState state, ILogger logger) =>
        Akka.Actor.Props.Create(() => new ParkingActor(store, options, state, logger)).WithDeploy(Deploy.Local);

    protected override void PreStart() => Count();

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Park park when park.HasRoom:
                Enqueue(Parking(park, room: 0));
                break;
            case Park park:
                _waitingForRoom.AddLast(Parking(park, park.Deliveries.Count));
                AdmitWaiting();
                break;
            case CancelParking cancel:
                Cancel(cancel.Id);
                break;
            case Unpark unpark:
                Enqueue(Unparking(unpark));
                break;
            case ReadDue read:
                Enqueue(new Request("reading", Sender, token => ReadAsync(read, token)));
                break;
            case SubscribeParking subscribe:
                Subscribe(subscribe.Stream);
                break;
            case Succeeded done:
                Finish(done.Request, done.Answer);
                break;
            case Failed failed:
                Repeat(failed.Request, failed.Error);
                break;
            case Request { What: Counting } again:
                Run(again);
                break;
            case Request again:
                Enqueue(again);
                break;
            case LookForRoom:
                Count();
                break;
            case Terminated terminated:
                Unsubscribe(terminated.ActorRef);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private Request Parking(Park park, int room) => new("storing", Sender, async token =>
    {
        await _store.ParkAsync(park.Deliveries, token);
        return new Parked(park.Id);
    })
    {
        Id = park.Id,
        CountedBefore = room,
        Parks = park.Deliveries,
        IsChange = true,
    };

    private Request Unparking(Unpark unpark) => new("removing", Sender, async token =>
    {
        await _store.RemoveAsync(unpark.Ids, token);
        return new Unparked(unpark.Id);
    })
    {
        CountedAfter = -unpark.Ids.Count,
        IsChange = true,
    };

    private async Task<object> ReadAsync(ReadDue read, CancellationToken cancellationToken)
    {
        IReadOnlyList<ParkedDelivery> due = await _store.DueAsync(read.Stream, read.NowMs, read.Limit, read.MaxBytes, cancellationToken);
        return new DueDeliveries(due, due.Count > 0 ? null : await _store.NextDueAsync(read.Stream, cancellationToken));
    }

    /// <summary>
    /// Asks the store how many there are: at first, and whenever there is no room, since another node may have removed some.
    /// An answer that a change of our own crossed may or may not know of it, and is asked for again.
    /// </summary>
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

        TimeSpan wait = _options.Backoff.After(++request.Failures);
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
        while (_isCounted && _state.Count < _options.MaxParked && _waitingForRoom.First is { } first)
        {
            _waitingForRoom.RemoveFirst();
            Enqueue(first.Value);
        }

        if (_waitingForRoom.Count == 0)
        {
            _timesFull = 0;
            Timers.Cancel(LookForRoom.Instance);
            ShowFailing();
        }
        else if (_isCounted)
        {
            WaitForRoom();
        }
    }

    private void WaitForRoom()
    {
        if (_waitingForRoom.Count == 0 || Timers.IsTimerActive(LookForRoom.Instance))
        {
            return;
        }

        TimeSpan wait = _options.Backoff.After(++_timesFull);
        ParkingLog.Full(_logger, _options.MaxParked, wait);
        ShowFailing();
        Timers.StartSingleTimer(LookForRoom.Instance, LookForRoom.Instance, wait);
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

        for (LinkedListNode<Request>? node = _waitingForRoom.First; node is not null; node = node.Next)
        {
            if (node.Value.Id == id)
            {
                _waitingForRoom.Remove(node);
                AdmitWaiting();
                return;
            }
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
        foreach (string stream in parked.Select(delivery => delivery.Stream).Distinct(StringComparer.Ordinal))
        {
            if (_subscribers.TryGetValue(stream, out HashSet<IActorRef>? subscribers))
            {
                foreach (IActorRef subscriber in subscribers)
                {
                    subscriber.Tell(ParkingChanged.Instance, Self);
                }
            }
        }
    }

    private void ShowFailing() =>
        _state.Failing = _failing.Count > 0
            ? _failing.MaxBy(request => request.Failures)!.Error
            : _timesFull > 0 ? $"{_options.MaxParked} deliveries are parked, which is the limit" : null;

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

    private sealed class LookForRoom
    {
        public static LookForRoom Instance { get; } = new();
    }
}
