using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Takes up a stream's parked deliveries when they are due, a batch at a time: the next one when all of it are done and their rows are gone. It claims
/// them, and renews the claim for as long as the batch is out. Those that are damaged, or whose interpretation fails, are left aside one by one. Materializes
/// its control.</summary>
internal sealed class ParkedSource(StreamDefinition stream, IActorRef parking, IntakeOptions options)
    : GraphStageWithMaterializedValue<SourceShape<IDeliveryBatch>, ParkedControl>
{
    private readonly Outlet<IDeliveryBatch> _out = new("Parked.out");

    public override SourceShape<IDeliveryBatch> Shape => new(_out);

    public override ILogicAndMaterializedValue<ParkedControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var control = new ParkedControl();
        return new LogicAndMaterializedValue<ParkedControl>(new Logic(Shape, stream, parking, options, control), control);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string ClaimTimer = "claim";
        private const string RenewTimer = "renew";
        private const string PatienceTimer = "patience";

        private readonly Outlet<IDeliveryBatch> _out;
        private readonly StreamDefinition _stream;
        private readonly IActorRef _parking;
        private readonly IntakeOptions _options;
        private readonly ParkedControl _control;
        private readonly IntakeSettings _settings;
        private readonly Guid _source;
        private readonly Action<(ParkedDeliveries Batch, Exception? Fault)> _batchEnded;
        private IActorRef _self = ActorRefs.Nobody;
        private Step _step = Step.Idle;
        private ParkedDeliveries? _taken;
        private BatchId _awaited;
        private long _number;
        private int _limit;
        private bool _hasChanged;

        public Logic(SourceShape<IDeliveryBatch> shape, StreamDefinition stream, IActorRef parking, IntakeOptions options, ParkedControl control)
            : base(shape)
        {
            (_out, _stream, _parking, _options, _control) = (shape.Outlet, stream, parking, options, control);
            _settings = options.Settings;
            _limit = _settings.ParkedBatch;
            _source = options.NewId();
            _batchEnded = GetAsyncCallback<(ParkedDeliveries Batch, Exception? Fault)>(ended => OnBatchEnded(ended.Batch, ended.Fault));
            SetHandler(_out, onPull: GoOn);
        }

        private enum Step
        {
            /// <summary>Nothing is under way.</summary>
            Idle,
            /// <summary>The store is asked for what is due.</summary>
            Claiming,
            /// <summary>Nothing is due; a timer or a change is waited for.</summary>
            Waiting,
            /// <summary>A batch is out, to become durable.</summary>
            Taken,
            /// <summary>The store is told what became of the rows.</summary>
            Storing,
        }

        private long NowMs => _options.Time.GetUtcNow().ToUnixTimeMilliseconds();

        public override void PreStart()
        {
            StageActor actor = GetStageActor(message => OnMessage(message.Item2));
            _self = actor.Ref;
            actor.Watch(_parking);
            _parking.Tell(new SubscribeParking(_stream.Name), _self);
            _control.Attach(GetAsyncCallback(GoOn));
        }

        public override void PostStop()
        {
            _control.Attach(null);
            if (_taken is { } taken)
            {
                // It ends with a batch out: whoever looks next need not wait for the claim to run out.
                _parking.Tell(new ParkAgain(NextId(), taken.Rows, taken.Token), ActorRefs.NoSender);
            }
        }

        protected override void OnTimer(object timerKey)
        {
            switch (timerKey)
            {
                case RenewTimer when _taken is { } taken:
                    _parking.Tell(new RenewClaim([.. taken.Rows.Select(row => row.Id)], taken.Token), _self);
                    break;
                case ClaimTimer:
                    ClaimAgain();
                    break;
                case PatienceTimer when _step == Step.Claiming:
                    CompleteStage();
                    break;
                default:
                    break;
            }
        }

        private void OnMessage(object message)
        {
            switch (message)
            {
                case DueDeliveries due when _step == Step.Claiming:
                    OnDue(due);
                    break;
                case ParkingChanged:
                    _hasChanged = true;
                    ClaimAgain();
                    break;
                case ClaimRenewed renewed when renewed.Claim == _taken?.Token:
                    RenewLater();
                    break;
                case Parked parked when _step == Step.Storing && parked.Id == _awaited:
                case Unparked unparked when _step == Step.Storing && unparked.Id == _awaited:
                    TakeNext();
                    break;
                case Terminated terminated:
                    FailStage(new InvalidOperationException($"{terminated.ActorRef} ended, which holds the parked deliveries."));
                    break;
                default:
                    break;
            }
        }

        private void ClaimAgain()
        {
            if (_step == Step.Waiting)
            {
                CancelTimer(ClaimTimer);
                TakeNext();
            }
        }

        private void GoOn()
        {
            if (_control.IsStopped && _step is Step.Idle or Step.Waiting)
            {
                CompleteStage();
            }
            else if (_control.IsStopped && _step == Step.Claiming)
            {
                // What it gets is given back, unless the store is away.
                ScheduleOnce(PatienceTimer, _settings.Patience);
            }
            else if (_step == Step.Idle && !_control.IsPaused && IsAvailable(_out))
            {
                _step = Step.Claiming;
                _hasChanged = false;
                _parking.Tell(new ClaimDue(_stream.Name, _limit, _settings.MaxUnacceptedBytes), _self);
            }
        }

        private void OnDue(DueDeliveries due)
        {
            bool hasSome = due.Deliveries.Count > 0;
            if (hasSome && (_control.IsPaused || _control.IsStopped))
            {
                GiveBack(due.Deliveries, due.Claim);
            }
            else if (hasSome)
            {
                Take(due.Deliveries, due.Claim);
            }
            else if (_hasChanged || _control.IsPaused || _control.IsStopped)
            {
                TakeNext();
            }
            else
            {
                Wait(due.NextDueMs);
            }
        }

        private void Wait(long? nextMs)
        {
            // One whose parking nobody waited for may come about after it was announced, so they are looked for all the same.
            _step = Step.Waiting;
            var longestMs = (long)_settings.ParkedPollInterval.TotalMilliseconds;
            long waitMs = nextMs is long next ? Math.Clamp(next - NowMs, 1, longestMs) : longestMs;
            ScheduleOnce(ClaimTimer, TimeSpan.FromMilliseconds(waitMs));
        }

        private void RenewLater() => ScheduleOnce(RenewTimer, _settings.ClaimTimeToLive / 2);

        private void Take(IReadOnlyList<ParkedDelivery> due, Guid claim)
        {
            var rows = new List<ParkedDelivery>();
            var contents = new List<ParkedContent>();
            var damaged = new List<ParkedDelivery>();
            foreach (ParkedDelivery row in due)
            {
                try
                {
                    ParkedContent content = ParkedContent.Decode(row.Id, row.Message);
                    if (content.Batch is { } batch)
                    {
                        CheckBatch(row.Id, batch);
                    }

                    contents.Add(content);
                    rows.Add(row);
                }
                catch (StoredFormatException e)
                {
                    IntakeLog.ParkedDamaged(_options.Logger, _stream.Name, e.Message);
                    damaged.Add(row);
                }
            }

            if (damaged.Count > 0)
            {
                // The others are claimed again when these are out of the way.
                GiveBack([.. damaged.Select(LeftAside), .. rows], claim);
                return;
            }

            _step = Step.Taken;
            if (Fault.Is(FaultPoint.ParkedRemovedEarly))
            {
                _parking.Tell(new Unpark(NextId(), [.. rows.Select(row => row.Id)], claim), _self);
            }

            _taken = new ParkedDeliveries(claim, rows, contents, _batchEnded);
            RenewLater();
            Push(_out, _taken);
        }

        /// <summary>A batch that is not this stream's, or is for another Partition than its topics', would be counted wrongly.</summary>
        private void CheckBatch(Guid id, EventBatch batch)
        {
            int partitions = _options.Partitions;
            foreach (ref readonly EventHead @event in batch.Events)
            {
                int expected = @event.Topic.ShardOf(partitions);
                if (@event.StreamId != _stream.Id || batch.Partition != expected)
                {
                    throw new StoredFormatException($"The parked delivery {id} is a batch of stream {@event.StreamId} for Partition {batch.Partition}, "
                        + $"where stream {_stream.Id} and Partition {expected} of {partitions} are expected. "
                        + "Remove its row from dataload_parked to go on without it.");
                }
            }
        }

        private void OnBatchEnded(ParkedDeliveries batch, Exception? fault)
        {
            _taken = null;
            CancelTimer(RenewTimer);
            if (fault is null)
            {
                _limit = _settings.ParkedBatch;
                if (batch.Done.Count == 0)
                {
                    TakeNext();
                }
                else
                {
                    Store(id => new Unpark(id, batch.Done, batch.Token));
                }

                return;
            }

            // They are taken up one by one then, so that only the one that causes it is left aside.
            IntakeLog.ParkedFailed(_options.Logger, _stream.Name, batch.Rows.Count, fault.Message);
            _limit = 1;
            GiveBack(batch.Rows.Count == 1 ? [LeftAside(batch.Rows[0])] : batch.Rows, batch.Token);
        }

        private ParkedDelivery LeftAside(ParkedDelivery row) => row with { DueMs = NowMs + (long)_settings.ParkedFaultDelay.TotalMilliseconds };

        /// <summary>Ends a claim: the rows are as they were, or as they are to be.</summary>
        private void GiveBack(IReadOnlyList<ParkedDelivery> rows, Guid claim) => Store(id => new ParkAgain(id, rows, claim));

        private void Store(Func<BatchId, object> change)
        {
            _step = Step.Storing;
            _awaited = NextId();
            _parking.Tell(change(_awaited), _self);
        }

        private BatchId NextId() => new(_source, ++_number);

        private void TakeNext()
        {
            _step = Step.Idle;
            GoOn();
        }
    }
}

/// <summary>Pauses and stops a <see cref="ParkedSource"/> from outside. Thread-safe.</summary>
internal sealed class ParkedControl
{
    private readonly Lock _lock = new();
    private Action? _changed;
    private volatile bool _isPaused;
    private volatile bool _isStopped;

    public bool IsPaused => _isPaused;
    public bool IsStopped => _isStopped;

    /// <summary>Takes no more up until it is resumed; a batch that is out goes on.</summary>
    public void Pause() => Set(() => _isPaused = true);

    public void Resume() => Set(() => _isPaused = false);

    /// <summary>Takes no more up; the source completes when the batch that is out is done.</summary>
    public Task StopTaking()
    {
        Set(() => _isStopped = true);
        return Task.CompletedTask;
    }

    /// <summary>Says whom to call when something is wanted; null when the stage has ended.</summary>
    public void Attach(Action? changed)
    {
        lock (_lock)
        {
            _changed = changed;
        }
    }

    private void Set(Action set)
    {
        Action? changed;
        lock (_lock)
        {
            set();
            changed = _changed;
        }

        changed?.Invoke();
    }
}
