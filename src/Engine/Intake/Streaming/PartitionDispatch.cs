using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Metrics;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;

namespace DataLoad.Engine.Intake.Streaming;

/// <summary>Whom a stream sends to.</summary>
/// <param name="Region">Brings batches of events to their Partitions.</param>
/// <param name="Parking">Parks deliveries.</param>
/// <param name="DeadLetters">Publishes dead letters.</param>
internal sealed record DispatchTargets(IActorRef Region, IActorRef Parking, IActorRef DeadLetters);

/// <summary>Sends what deliveries came to, and again until it is accepted; then the deliveries are done. A batch of events that its Partition does not accept
/// for long is parked, so that its deliveries need not be held. Takes more in only with credit. Its task is done when all was accepted.</summary>
internal sealed class PartitionDispatch(DispatchTargets targets, string stream, IntakeOptions options, StreamState state)
    : GraphStageWithMaterializedValue<SinkShape<Interpretation>, Task>
{
    private readonly Inlet<Interpretation> _in = new("PartitionDispatch.in");

    public override SinkShape<Interpretation> Shape => new(_in);

    public override ILogicAndMaterializedValue<Task> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var logic = new Logic(Shape, targets, stream, options, state);
        return new LogicAndMaterializedValue<Task>(logic, logic.Ended);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string Resend = "resend";

        private readonly Inlet<Interpretation> _in;
        private readonly DispatchTargets _targets;
        private readonly string _stream;
        private readonly IntakeOptions _options;
        private readonly TimeProvider _time;
        private readonly StreamState _state;
        private readonly UnacceptedParts _unaccepted;
        private readonly Backoff _parkedWaits;
        private readonly TaskCompletionSource _ended = new();
        private readonly long _start;
        private IActorRef _self = ActorRefs.Nobody;
        private TimeSpan? _armedFor;
        private bool _isEnding;

        public Logic(SinkShape<Interpretation> shape, DispatchTargets targets, string stream, IntakeOptions options, StreamState state)
            : base(shape)
        {
            (_in, _targets, _stream, _options, _time, _state) = (shape.Inlet, targets, stream, options, options.Time, state);
            IntakeSettings settings = options.Settings;
            _unaccepted = new UnacceptedParts(settings.MaxUnacceptedBatches, settings.MaxUnacceptedBytes, settings.Resend, settings.HoldLimit);
            _parkedWaits = new Backoff(settings.Resend.Limit, settings.HoldLimit);
            _start = _time.GetTimestamp();
            SetHandler(_in, onPush: OnPush, onUpstreamFinish: OnUpstreamFinish, onUpstreamFailure: Fail);
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
            Pull(_in);
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
            ParkOverdue(now);
            List<Part> due = _unaccepted.TakeDue(now);
            _state.DispatchFailing = _unaccepted.Failing(now);
            Arm(now);
            SendAgain(due);
            GoOn();
        }

        private ActorSystem System => ((ActorMaterializer)Materializer).System;

        private void OnPush()
        {
            Interpretation interpretation = Grab(_in);
            DropLost();
            if (!interpretation.Origin.IsLost)
            {
                TimeSpan now = Now;
                bool isOverdue = false;
                foreach (Part part in interpretation.Parts)
                {
                    if (_unaccepted.Add(part, interpretation.Origin, now, interpretation.HeldFor))
                    {
                        Send(part);
                    }
                    else
                    {
                        isOverdue = true;
                    }
                }

                if (isOverdue)
                {
                    ParkOverdue(now);
                }

                Arm(now);
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
                case Accepted accepted: OnAccepted(accepted); break;
                case Held held: _unaccepted.Hold(held.Id); break;
                case Parked parked: Accept(parked.Id); break;
                case LettersSafe safe: Accept(safe.Id); break;
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

        private void OnAccepted(Accepted accepted)
        {
            // What is being parked in rows that it has comes back with them, and is a duplicate then.
            if (!_unaccepted.IsParkedAgain(accepted.Id))
            {
                Accept(accepted.Id, isParked: false);
            }

            if (_unaccepted.IsAway(accepted.Partition))
            {
                // Perhaps a batch that is parked already: in any case the Partition accepts.
                IntakeLog.PartitionAccepts(_options.Logger, accepted.Partition, _stream);
                TimeSpan now = Now;
                IReadOnlyList<Part> back = _unaccepted.TakeBack(accepted.Partition, now);
                Arm(now);
                SendAgain(back);
            }
        }

        private void Accept(BatchId id, bool isParked = true)
        {
            if (!_unaccepted.TryAccept(id, out UnacceptedParts.Entry accepted))
            {
                return;
            }

            Part part = accepted.Part;
            if (part.Target == PartTarget.ParkingAgain)
            {
                accepted.Origin.KeepParked(part.Tags);
            }
            else
            {
                if (!isParked)
                {
                    // Where it is stored all the same, it comes back and is a duplicate.
                    TakeBack(part);
                }

                accepted.Origin.Complete(part.Tags);
            }

            accepted.Part = accepted.Sent;
        }

        private void ParkOverdue(TimeSpan now) => _unaccepted.Overdue(now).ForEach(Park);

        /// <summary>Parks a batch that was not accepted for too long: in a new row, or in those that its deliveries have.</summary>
        private void Park(UnacceptedParts.Entry entry)
        {
            Part batch = entry.Sent;
            long nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
            Part parking;
            if (entry.Origin.Claim is { } claim)
            {
                ParkedDelivery[] rows = [.. entry.Origin.RowsOf(batch.Tags).Select(row => row with { DueMs = DueMs(nowMs, row.Tries) })];
                parking = new Part(batch.Id, PartTarget.ParkingAgain, new ParkAgain(batch.Id, rows, claim), 0, batch.Tags);
            }
            else
            {
                byte[] message = new ParkedContent(nowMs, (EventBatch)batch.Message).Encode();
                var row = new ParkedDelivery { Id = _options.NewId(), Stream = _stream, DueMs = DueMs(nowMs, 1), Tries = 1, Message = message };
                parking = new Part(batch.Id, PartTarget.Parking, new Park(batch.Id, [row]), message.Length, batch.Tags);
                _options.Metrics.Parked.Add(1, new KeyValuePair<string, object?>(EngineMetrics.StreamTag, _stream));
            }

            if (_unaccepted.Park(entry, parking))
            {
                IntakeLog.PartitionAway(_options.Logger, entry.Partition, Now - entry.SentFirst, _stream);
            }

            Send(parking);
            if (Fault.Is(FaultPoint.ParkedBatchDoneBeforeStored))
            {
                _self.Tell(new Parked(parking.Id), _self);
            }
        }

        private long DueMs(long nowMs, int tries) => nowMs + (long)_parkedWaits.After(tries).TotalMilliseconds;

        private void DropLost() => _unaccepted.TakeLost().ForEach(TakeBack);

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

        private void SendAgain(IReadOnlyList<Part> parts)
        {
            if (!Fault.Is(FaultPoint.BatchNotSentAgain))
            {
                foreach (Part part in parts)
                {
                    Send(part);
                    if (part.Target == PartTarget.Partition)
                    {
                        _options.Metrics.Resends.Add(1, new KeyValuePair<string, object?>(EngineMetrics.StreamTag, _stream));
                    }
                }
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
            if (_isEnding && _unaccepted.Count == 0)
            {
                _state.Unaccepted = 0;
                CompleteStage();
                return;
            }

            if (_unaccepted.IsIdle)
            {
                _state.DispatchFailing = null;
                _armedFor = null;
                CancelTimer(Resend);
            }
            else if (_state.DispatchFailing is not null)
            {
                _state.DispatchFailing = _unaccepted.Failing(Now);
            }

            if (!_isEnding && _unaccepted.HasCredit && !HasBeenPulled(_in))
            {
                Pull(_in);
            }

            _state.Unaccepted = _unaccepted.Count;
        }

        private void Arm(TimeSpan now)
        {
            // A timer that is armed for something that was accepted meanwhile finds the next. What stays on this node is not sent again, but
            // looked after: nobody waits for it any more where its channel is lost. What is sent now is due after the first wait or later.
            TimeSpan first = now + _options.Settings.Resend.First;
            if (_unaccepted.IsIdle || _armedFor <= first)
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
