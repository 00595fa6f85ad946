using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Whom a stream sends to.</summary>
/// <param name="Region">Brings batches of events to their Partitions.</param>
/// <param name="Parking">Parks deliveries.</param>
/// <param name="DeadLetters">Publishes dead letters.</param>
internal sealed record DispatchTargets(IActorRef Region, IActorRef Parking, IActorRef DeadLetters);

/// <summary>
/// Sends what deliveries came to, and again until it is accepted; then the deliveries are done. Takes more in only with credit. Materializes
/// a task that is done when the stream ended and all was accepted, and fails with it.
/// </summary>
internal sealed class PartitionDispatch(DispatchTargets targets, IntakeOptions options, StreamState state)
    : GraphStageWithMaterializedValue<SinkShape<Interpretation>, Task>
{
    private readonly Inlet<Interpretation> _in = new("PartitionDispatch.in");
    private readonly DispatchTargets _targets = targets;
    private readonly IntakeOptions _options = options;
    private readonly StreamState _state = state;

    public override SinkShape<Interpretation> Shape => new(_in);

    public override ILogicAndMaterializedValue<Task> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(this);
        return new LogicAndMaterializedValue<Task>(logic, logic.Ended);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string Resend = "resend";

        private readonly PartitionDispatch _stage;
        private readonly DispatchTargets _targets;
        private readonly TimeProvider _time;
        private readonly StreamState _state;
        private readonly UnacceptedParts _unaccepted;
        private readonly TaskCompletionSource _ended = new();
        private readonly long _start;
        private IActorRef _self = ActorRefs.Nobody;
        private TimeSpan? _armedFor;
        private bool _isEnding;

        public Logic(PartitionDispatch stage)
            : base(stage.Shape)
        {
            _stage = stage;
            (_targets, _time, _state) = (stage._targets, stage._options.Time, stage._state);
            IntakeSettings settings = stage._options.Settings;
            _unaccepted = new UnacceptedParts(settings.MaxUnacceptedBatches, settings.MaxUnacceptedBytes, settings.Resend);
            _start = _time.GetTimestamp();
            SetHandler(stage._in, onPush: OnPush, onUpstreamFinish: OnUpstreamFinish, onUpstreamFailure: Fail);
        }

        public Task Ended => _ended.Task;

        private TimeSpan Now => _time.GetElapsedTime(_start);

        public override void PreStart()
        {
            StageActor actor = GetStageActor(message => OnMessage(message.Item2));
            _self = actor.Ref;
            actor.Watch(_targets.Parking);
            actor.Watch(_targets.DeadLetters);
            System.EventStream.Subscribe(_self, typeof(PartitionServing));

            // The stream's end is not this stage's: what it sent is still to be accepted.
            SetKeepGoing(true);
            Pull(_stage._in);
        }

        public override void PostStop()
        {
            System.EventStream.Unsubscribe(_self);
            foreach (Part part in _unaccepted.All)
            {
                TakeBack(part);
            }

            _state.DispatchFailing = null;
            _ended.TrySetResult();
        }

        protected override void OnTimer(object timerKey)
        {
            _armedFor = null;
            DropLost();
            TimeSpan now = Now;
            List<Part> due = _unaccepted.TakeDue(now);
            _state.DispatchFailing = _unaccepted.Failing(now);
            Arm(now);
            SendAgain(due);
            GoOn();
        }

        private ActorSystem System => ((ActorMaterializer)Materializer).System;

        private void OnPush()
        {
            Interpretation interpretation = Grab(_stage._in);
            DropLost();
            if (!interpretation.Origin.IsLost)
            {
                TimeSpan now = Now;
                foreach (Part part in interpretation.Parts)
                {
                    _unaccepted.Add(part, interpretation.Origin, now);
                }

                Arm(now);
                SendAll(interpretation.Parts);
            }

            GoOn();
        }

        private void OnUpstreamFinish()
        {
            _isEnding = true;
            GoOn();
        }

        private void OnMessage(object message)
        {
            switch (message)
            {
                case Accepted accepted:
                    Accept(accepted.Id);
                    break;
                case Held held:
                    _unaccepted.Hold(held.Id);
                    break;
                case Parked parked:
                    Accept(parked.Id);
                    break;
                case LettersSafe safe:
                    Accept(safe.Id);
                    break;
                case PartitionServing serving:
                    DropLost();
                    List<Part> again = _unaccepted.TakeOf(serving.Partition, Now);
                    Arm(Now);
                    SendAgain(again);
                    break;
                case Terminated terminated:
                    Fail(new InvalidOperationException($"{terminated.ActorRef} ended, which the stream depends on."));
                    return;
                default:
                    // An answer to another protocol's message is nobody's here.
                    return;
            }

            GoOn();
        }

        private void Accept(BatchId id)
        {
            if (!_unaccepted.TryAccept(id, out UnacceptedParts.Entry accepted))
            {
                return;
            }

            if (accepted.Part.Target == PartTarget.ParkingAgain)
            {
                accepted.Origin.KeepParked(accepted.Part.Tags);
            }
            else
            {
                accepted.Origin.Complete(accepted.Part.Tags);
            }
        }

        private void DropLost()
        {
            foreach (Part part in _unaccepted.TakeLost())
            {
                TakeBack(part);
            }
        }

        private void TakeBack(Part part)
        {
            if (part.Target == PartTarget.DeadLetters)
            {
                _targets.DeadLetters.Tell(new CancelLetters(part.Id), _self);
            }
            else if (part.Target == PartTarget.Parking)
            {
                _targets.Parking.Tell(new CancelParking(part.Id), _self);
            }
        }

        private void SendAll(IReadOnlyList<Part> parts)
        {
            foreach (Part part in parts)
            {
                Send(part);
            }
        }

        private void SendAgain(IReadOnlyList<Part> parts)
        {
            if (!Fault.Is(FaultPoint.BatchNotSentAgain))
            {
                SendAll(parts);
            }
        }

        private void Send(Part part)
        {
            if (part.Target == PartTarget.Partition && _state.IsLeaving)
            {
                return;
            }

            IActorRef target = part.Target switch
            {
                PartTarget.Partition => _targets.Region,
                PartTarget.DeadLetters => _targets.DeadLetters,
                _ => _targets.Parking,
            };
            target.Tell(part.Message, _self);
        }

        /// <summary>Takes more in where there is credit, and ends where nothing is left to do.</summary>
        private void GoOn()
        {
            if (_unaccepted.Count == 0)
            {
                _state.DispatchFailing = null;
                _armedFor = null;
                CancelTimer(Resend);
                if (_isEnding)
                {
                    _state.Unaccepted = 0;
                    CompleteStage();
                    return;
                }
            }
            else if (_state.DispatchFailing is not null)
            {
                _state.DispatchFailing = _unaccepted.Failing(Now);
            }

            if (!_isEnding && _unaccepted.HasCredit && !HasBeenPulled(_stage._in))
            {
                Pull(_stage._in);
            }

            _state.Unaccepted = _unaccepted.Count;
        }

        private void Arm(TimeSpan now)
        {
            // A timer that is armed for something that was accepted meanwhile finds the next. What stays on this node is not sent again, but
            // looked after: nobody waits for it any more where its channel is lost. What is sent now is due after the first wait or later.
            TimeSpan first = now + _stage._options.Settings.Resend.First;
            if (_unaccepted.Count == 0 || _armedFor <= first)
            {
                return;
            }

            TimeSpan due = _unaccepted.NextDue ?? first;
            if (_armedFor is null || due < _armedFor)
            {
                _armedFor = due;
                ScheduleOnce(Resend, due > now ? due - now : TimeSpan.Zero);
            }
        }

        private void Fail(Exception fault)
        {
            _ended.TrySetException(fault);
            FailStage(fault);
        }
    }
}
