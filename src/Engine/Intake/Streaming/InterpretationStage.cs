using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Interprets one batch of deliveries at a time, in order; only queries are waited for. A query that fails is repeated, up to a limit, after which
/// the deliveries that need it are parked: after one failure those that were delivered before, or that their source waits for with consuming anew.</summary>
internal sealed class InterpretationStage(DeliveryInterpreter interpreter, IntakeOptions options, StreamState state)
    : GraphStage<FlowShape<IDeliveryBatch, Interpretation>>
{
    private readonly Inlet<IDeliveryBatch> _in = new("Interpretation.in");
    private readonly Outlet<Interpretation> _out = new("Interpretation.out");

    public override FlowShape<IDeliveryBatch, Interpretation> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(Shape, interpreter, options, state);

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string CheckTimer = "check";

        private readonly Inlet<IDeliveryBatch> _in;
        private readonly Outlet<Interpretation> _out;
        private readonly DeliveryInterpreter _interpreter;
        private readonly StreamState _state;
        private readonly IntakeSettings _settings;
        private readonly TimeProvider _time;
        private readonly Action<(IDeliveryBatch Batch, Exception? Fault)> _lookedUp;
        private IDeliveryBatch? _batch;
        private CancellationTokenSource? _lookup;
        private long _since;

        public Logic(FlowShape<IDeliveryBatch, Interpretation> shape, DeliveryInterpreter interpreter, IntakeOptions options, StreamState state)
            : base(shape)
        {
            (_in, _out, _interpreter, _state) = (shape.Inlet, shape.Outlet, interpreter, state);
            (_settings, _time) = (options.Settings, options.Time);
            _lookedUp = GetAsyncCallback<(IDeliveryBatch Batch, Exception? Fault)>(OnLookedUp);

            // What is in hand when its source ends is finished first.
            SetHandler(_in, onPush: OnPush, onUpstreamFinish: () => EndIfDone());
            SetHandler(_out, onPull: PullOrEnd);
        }

        public override void PostStop()
        {
            // What was in hand goes back to where it came from.
            _lookup?.Cancel();
            _lookup?.Dispose();
            _batch?.Release();
            _state.LookupFailing = null;
        }

        protected override void OnTimer(object timerKey)
        {
            if (_batch is null)
            {
                return;
            }

            string? failing = _state.LookupFailing = _interpreter.Failing;
            bool isHeldTooLong = _time.GetElapsedTime(_since) >= _settings.HoldLimit || _interpreter.HasRedelivered || _batch.Origin.IsAwaited;
            if (_batch.Origin.IsLost || (failing is not null && isHeldTooLong && _batch.MayBeParked))
            {
                _lookup?.Cancel();
            }
            else
            {
                ScheduleOnce(CheckTimer, _settings.Backoff.First);
            }
        }

        private void OnPush()
        {
            _batch = Grab(_in);
            _since = _time.GetTimestamp();
            try
            {
                _batch.AddTo(_interpreter);
                _state.CountsDeliveries |= _interpreter.CountsDeliveries;
            }
            catch (Exception fault)
            {
                TakeFault(fault);
                return;
            }

            if (!_interpreter.NeedsRows)
            {
                Finish(isLookedUp: true);
                return;
            }

            _lookup = new CancellationTokenSource();
            ScheduleOnce(CheckTimer, _settings.Backoff.First);
            ValueTask lookup = _interpreter.LookUpAsync(_lookup.Token);
            if (lookup.IsCompletedSuccessfully)
            {
                CancelTimer(CheckTimer);
                Finish(isLookedUp: true);
            }
            else
            {
                _ = AwaitAsync(lookup, _batch, _lookedUp);
            }
        }

        private static async Task AwaitAsync(ValueTask lookup, IDeliveryBatch batch, Action<(IDeliveryBatch Batch, Exception? Fault)> lookedUp)
        {
            try
            {
                await lookup;
                lookedUp((batch, null));
            }
            catch (Exception e)
            {
                lookedUp((batch, e));
            }
        }

        private void OnLookedUp((IDeliveryBatch Batch, Exception? Fault) lookup)
        {
            CancelTimer(CheckTimer);
            _state.LookupFailing = null;
            if (lookup.Fault is null || _lookup!.IsCancellationRequested)
            {
                Finish(isLookedUp: lookup.Fault is null);
            }
            else
            {
                TakeFault(lookup.Fault);
            }
        }

        private void Finish(bool isLookedUp)
        {
            IDeliveryBatch batch = _batch!;
            try
            {
                Interpretation interpretation = _interpreter.Finish(batch.Origin, isLookedUp) with { HeldFor = _time.GetElapsedTime(_since) };
                LetGo();
                Push(_out, interpretation);
            }
            catch (Exception fault)
            {
                TakeFault(fault);
                return;
            }

            EndIfDone();
        }

        private void TakeFault(Exception fault)
        {
            bool isTaken = _batch!.TakeFault(fault);
            LetGo();
            if (isTaken)
            {
                PullOrEnd();
            }
            else
            {
                FailStage(fault);
            }
        }

        private void LetGo()
        {
            _batch!.Release();
            _batch = null;
            _lookup?.Dispose();
            _lookup = null;
        }

        private void PullOrEnd()
        {
            if (!EndIfDone() && !HasBeenPulled(_in) && _batch is null)
            {
                Pull(_in);
            }
        }

        private bool EndIfDone()
        {
            if (_batch is null && IsClosed(_in))
            {
                CompleteStage();
                return true;
            }

            return false;
        }
    }
}

/// <summary>What a batch of deliveries came to: what is to be sent, where each delivery depends on one part.</summary>
internal sealed record Interpretation(IDeliveryOrigin Origin, IReadOnlyList<Part> Parts)
{
    /// <summary>How long the deliveries have been held for it.</summary>
    public TimeSpan HeldFor { get; init; }
}

/// <summary>Something that is sent and must be accepted before the deliveries that depend on it are done.</summary>
/// <param name="Id">What its acceptance names.</param>
/// <param name="Target">Whom it is for.</param>
/// <param name="Message">The message: never changed, so that it may be sent again.</param>
/// <param name="Bytes">About how much memory it takes, in bytes.</param>
/// <param name="Tags">The tags of the deliveries that depend on it.</param>
internal sealed record Part(BatchId Id, PartTarget Target, object Message, long Bytes, ulong[] Tags);

/// <summary>Whom a <see cref="Part"/> is for.</summary>
internal enum PartTarget
{
    /// <summary>A Partition, by way of the region: an <see cref="EventBatch"/>, which is sent again until it is accepted.</summary>
    Partition = 0,
    /// <summary>The parking of this node: a <see cref="Engine.Parking.Park"/> of deliveries, or of a batch of events that was not accepted.</summary>
    Parking = 1,
    /// <summary>The same of deliveries that keep the rows they have.</summary>
    ParkingAgain = 2,
    /// <summary>The dead letters of this node: a <see cref="DeadLetters.PublishLetters"/>.</summary>
    DeadLetters = 3,
}
