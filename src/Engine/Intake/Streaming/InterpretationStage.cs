using Akka.Streams;
using Akka.Streams.Stage;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>
/// Interprets one batch of deliveries at a time, in order; only queries are waited for. A query that fails is repeated, up to a limit, after
/// which the deliveries that need it are parked: those that were delivered before after one failure.
/// </summary>
internal sealed class InterpretationStage(DeliveryInterpreter interpreter, IntakeOptions options, StreamState state)
    : GraphStage<FlowShape<IDeliveryBatch, Interpretation>>
{
    private readonly DeliveryInterpreter _interpreter = interpreter;
    private readonly IntakeOptions _options = options;
    private readonly StreamState _state = state;
    private readonly Inlet<IDeliveryBatch> _in = new("Interpretation.in");
    private readonly Outlet<Interpretation> _out = new("Interpretation.out");

    public override FlowShape<IDeliveryBatch, Interpretation> Shape => new(_in, _out);

    protected override GraphStageLogic CreateLogic(Attributes inheritedAttributes) => new Logic(this);

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string Look = "look";

        private readonly InterpretationStage _stage;
        private readonly DeliveryInterpreter _interpreter;
        private readonly IntakeSettings _settings;
        private readonly TimeProvider _time;
        private readonly Action<(IDeliveryBatch Batch, Exception? Fault)> _lookedUp;
        private IDeliveryBatch? _batch;
        private CancellationTokenSource? _lookup;
        private long _since;

        public Logic(InterpretationStage stage)
            : base(stage.Shape)
        {
            _stage = stage;
            _interpreter = stage._interpreter;
            _settings = stage._options.Settings;
            _time = stage._options.Time;
            _lookedUp = GetAsyncCallback<(IDeliveryBatch Batch, Exception? Fault)>(OnLookedUp);
            SetHandler(stage._in, onPush: OnPush, onUpstreamFinish: OnUpstreamFinish);
            SetHandler(stage._out, onPull: () => PullOrEnd());
        }

        public override void PostStop()
        {
            // What was in hand goes back to where it came from.
            _lookup?.Cancel();
            _lookup?.Dispose();
            _batch?.Release();
            _stage._state.LookupFailing = null;
        }

        protected override void OnTimer(object timerKey)
        {
            if (_batch is null)
            {
                return;
            }

            string? failing = _stage._state.LookupFailing = _interpreter.Failing;
            bool isHeldTooLong = _time.GetElapsedTime(_since) >= _settings.HoldLimit || _interpreter.HasRedelivered;
            if (_batch.Origin.IsLost || (failing is not null && isHeldTooLong && _batch.MayBeParked))
            {
                _lookup?.Cancel();
            }
            else
            {
                ScheduleOnce(Look, _settings.Backoff.First);
            }
        }

        private void OnPush()
        {
            _batch = Grab(_stage._in);
            _since = _time.GetTimestamp();
            try
            {
                _batch.AddTo(_interpreter);
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
            ScheduleOnce(Look, _settings.Backoff.First);
            ValueTask lookup = _interpreter.LookUpAsync(_lookup.Token);
            if (lookup.IsCompletedSuccessfully)
            {
                CancelTimer(Look);
                Finish(isLookedUp: true);
                return;
            }

            _ = AwaitAsync(lookup, _batch, _lookedUp);
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
            CancelTimer(Look);
            _stage._state.LookupFailing = null;
            if (lookup.Fault is null)
            {
                Finish(isLookedUp: true);
            }
            else if (_lookup!.IsCancellationRequested)
            {
                Finish(isLookedUp: false);
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
                Push(_stage._out, interpretation);
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
            if (!EndIfDone() && !HasBeenPulled(_stage._in) && _batch is null)
            {
                Pull(_stage._in);
            }
        }

        private void OnUpstreamFinish()
        {
            // What is in hand is finished first.
            EndIfDone();
        }

        private bool EndIfDone()
        {
            if (_batch is null && IsClosed(_stage._in))
            {
                CompleteStage();
                return true;
            }

            return false;
        }
    }
}
