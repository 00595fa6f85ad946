using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;

namespace DataLoad.Streams.Amqp;

/// <summary>Consumes a queue over a channel of its own, emits what has arrived when it is asked, and acknowledges up to the watermark, one frame for all that
/// became done meanwhile. A lost channel fails it, or, with <paramref name="restart"/>, is followed by another after growing waits; of a queue that counts
/// deliveries, also not before all that came by it is done.</summary>
/// <remarks>A <c>RestartSource</c> would log each failure with its stack trace: here a loss is one sentence, one for a whole connection.</remarks>
internal sealed class BatchStage(AmqpConnections connections, AmqpSourceSettings settings, AmqpRestartSettings? restart = null)
    : GraphStageWithMaterializedValue<SourceShape<DeliveryBatch>, IAmqpConsumerControl>
{
    private readonly Outlet<DeliveryBatch> _out = new("AmqpBatches.out");

    public override SourceShape<DeliveryBatch> Shape => new(_out);

    protected override Attributes InitialAttributes => Attributes.CreateName("amqpBatches");

    public override ILogicAndMaterializedValue<IAmqpConsumerControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var control = new ConsumerControl(settings.Prefetch);
        return new LogicAndMaterializedValue<IAmqpConsumerControl>(new Logic(Shape, connections, settings, restart, control), control);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string PauseTimer = "pause";
        private const string RestartTimer = "restart";

        private readonly Outlet<DeliveryBatch> _out;
        private readonly AmqpConnections _connections;
        private readonly AmqpSourceSettings _settings;
        private readonly AmqpRestartSettings? _restart;
        private readonly ConsumerControl _control;
        private readonly CancellationTokenSource _ending = new();
        private readonly Action _changed;
        private readonly Action<Task<ConsumerSession>> _opened;
        private readonly Action<ConsumerSession> _woken;
        private readonly Action<ConsumerSession> _acknowledged;
        private readonly Action<(ConsumerSession Session, AmqpEnd End)> _ended;
        private Task<ConsumerSession>? _opening;
        private ConsumerSession? _session;

        // Lost, and what came by it is to be finished before there is another.
        private ConsumerSession? _awaited;
        private bool _isLettingGo;
        private bool _isAcknowledging;
        private bool _isWaiting;
        private long _consumedFrom;
        private int _failures;

        public Logic(
            SourceShape<DeliveryBatch> shape, AmqpConnections connections, AmqpSourceSettings settings, AmqpRestartSettings? restart, ConsumerControl control)
            : base(shape)
        {
            (_out, _connections, _settings, _restart, _control) = (shape.Outlet, connections, settings, restart, control);
            _changed = GetAsyncCallback(OnChanged);
            _opened = GetAsyncCallback<Task<ConsumerSession>>(OnOpened);
            _woken = GetAsyncCallback<ConsumerSession>(OnWoken);
            _acknowledged = GetAsyncCallback<ConsumerSession>(OnAcknowledged);
            _ended = GetAsyncCallback<(ConsumerSession Session, AmqpEnd End)>(ended => OnEnded(ended.Session, ended.End));
            SetHandler(_out, onPull: Emit);
        }

        public override void PreStart()
        {
            _control.Attach(_changed);
            OnChanged();
        }

        public override void PostStop()
        {
            _control.Attach(null);
            _ending.Cancel();
            _ = _opening?.DisposeResultAsync();
            if (_session is { } session)
            {
                LetGoOf(session, "the stream ended");
            }

            _ = _awaited?.DisposeAsync().AsTask();
            _control.Ended();
        }

        protected override void OnTimer(object timerKey)
        {
            if (timerKey is RestartTimer)
            {
                _isWaiting = false;
                OnChanged();
            }
            else if (_isLettingGo && !_control.IsStopping)
            {
                LetGoOf(_session!, why: null);
                OnChanged();
            }
        }

        /// <summary>Does what the control says.</summary>
        private void OnChanged()
        {
            if (_session is not null)
            {
                if (_control.IsStopping || _control.IsPaused)
                {
                    LetGo(_session);
                }
            }
            else if (_awaited is not null)
            {
                ConfirmStop();
                Emit();
                EndAwaiting();
            }
            else if (_opening is null && _control.IsStopping)
            {
                CompleteStage();
            }
            else if (_opening is null && !_isWaiting && !_control.IsPaused)
            {
                _opening = ConsumerSession.OpenAsync(_connections, _settings, _control, _woken, _ending.Token);
                _opening.OnEnd(_opened);
            }
        }

        private void OnOpened(Task<ConsumerSession> opening)
        {
            _opening = null;
            if (opening.IsCompletedSuccessfully)
            {
                ConsumerSession session = _session = opening.Result;
                _consumedFrom = _connections.Time.GetTimestamp();
                _control.Consuming(session);
                Log.Debug("Queue {0} is consumed from {1}", _settings.Queue, session.Host);
                session.Channel.Ended.OnEnd(ended => _ended((session, ended.Result)));
                OnChanged();
                Emit();
                return;
            }

            Exception error = opening.Exception?.GetBaseException() ?? new OperationCanceledException("Opening the channel was cancelled.");
            _control.NotConsuming(error.Message);
            if (_control.IsStopping)
            {
                CompleteStage();
            }
            else if (!_control.IsPaused)
            {
                Fail(error is IOException or TimeoutException
                    ? new AmqpException($"Queue {_settings.Queue} is not consumed: {error.Message}", (error as AmqpException)?.Code ?? 0, error)
                    : error);
            }
        }

        private void OnWoken(ConsumerSession session)
        {
            session.Rearm();
            if (session == _session)
            {
                Emit();
                Acknowledge(session);
            }
            else if (session == _awaited)
            {
                Emit();
                EndAwaiting();
            }
        }

        private void Emit()
        {
            bool emits = _session is not null ? !_isLettingGo : !_control.IsPaused && !_control.IsStopping;
            if (emits && IsAvailable(_out) && (_session ?? _awaited)?.TakeBatch(_settings.MaxBatch) is { } batch)
            {
                Push(_out, batch);
            }
        }

        /// <summary>Goes on where all that came by the lost channel is done; while nothing more is to be emitted, what was taken of it.</summary>
        private void EndAwaiting()
        {
            if (_awaited is not { } awaited || (_control.IsPaused || _control.IsStopping ? awaited.HasTakenUnfinished : awaited.HasUnfinished))
            {
                return;
            }

            _awaited = null;
            _ = awaited.DisposeAsync().AsTask();
            OnChanged();
        }

        private void Acknowledge(ConsumerSession session)
        {
            while (!_isAcknowledging && session.Acknowledge() is { } sending)
            {
                if (!sending.IsCompletedSuccessfully)
                {
                    // One that fails is followed by the channel's end.
                    _isAcknowledging = true;
                    sending.OnSuccess(() => _acknowledged(session));
                }
            }

            CloseWhenDrained(session);
        }

        private void OnAcknowledged(ConsumerSession session)
        {
            if (session == _session)
            {
                _isAcknowledging = false;
                Acknowledge(session);
            }
        }

        /// <summary>Takes no more, and waits for what was taken.</summary>
        private void LetGo(ConsumerSession session)
        {
            if (_isLettingGo)
            {
                ConfirmStop();
                return;
            }

            _isLettingGo = true;
            if (!_settings.CountsDeliveries())
            {
                ScheduleOnce(PauseTimer, _settings.PausePatience);
            }

            session.Channel.CancelAsync().OnEnd(_ => ConfirmStop());
            CloseWhenDrained(session);
        }

        private void ConfirmStop()
        {
            if (_control.IsStopping)
            {
                _control.Stopped();
            }
        }

        private void CloseWhenDrained(ConsumerSession session)
        {
            if (_isLettingGo && session.IsDrained)
            {
                LetGoOf(session, why: null);
                OnChanged();
            }
        }

        private void OnEnded(ConsumerSession session, AmqpEnd end)
        {
            if (session != _session)
            {
                return;
            }

            bool wasLettingGo = _isLettingGo;
            bool isAwaited = _restart is not null && _settings.CountsDeliveries() && session.HasUnfinished;

            // What ended sooner than the longest wait is one more failure: a broker that takes a consumer and drops it at once is not asked at once.
            bool lasted = _restart is not null && _connections.Time.GetElapsedTime(_consumedFrom) > _restart.MaxBackoff;
            _failures = lasted ? 0 : _failures;
            LetGoOf(session, isAwaited ? $"{end.Reason}; it is consumed anew when what came before is done" : end.Reason, isAwaited);
            if (wasLettingGo || _control.IsStopping)
            {
                OnChanged();
            }
            else
            {
                Fail(end.OfConnection
                    ? new AmqpException($"The connection to the broker at {session.Host} was lost: {end.Reason}.", end.Code) { Connection = session.Connection }
                    : new AmqpException($"Queue {_settings.Queue} is not consumed any more: {end.Reason} (at {session.Host}).", end.Code));
            }
        }

        private void LetGoOf(ConsumerSession session, string? why, bool isAwaited = false)
        {
            _session = null;
            _isLettingGo = _isAcknowledging = false;
            CancelTimer(PauseTimer);
            _control.LetGo(session, why);
            if (isAwaited)
            {
                // What is in its ring goes on to be emitted: whoever pulls next gets it.
                _awaited = session;
                session.Await();
                Emit();
            }
            else
            {
                _ = session.DisposeAsync().AsTask();
            }
        }

        private void Fail(Exception fault)
        {
            if (_restart is null)
            {
                FailStage(fault);
                return;
            }

            TimeSpan wait = _restart.WaitAfter(++_failures);
            Report(fault, wait.TotalSeconds);
            _isWaiting = true;
            ScheduleOnce(RestartTimer, wait);
        }

        private void Report(Exception fault, double seconds)
        {
            string sentence = fault.Message.TrimEnd('.');
            if (fault is not AmqpException lost)
            {
                Log.Error(fault, "Queue {0} is not consumed any more by a fault of the program; it is tried again in {1:0.0##} s", _settings.Queue, seconds);
            }
            else if (!_connections.IsNews(AmqpConnectionRole.Consuming, lost))
            {
                Log.Debug("{0}; queue {1} is tried again in {2:0.0##} s", sentence, _settings.Queue, seconds);
            }
            else if (lost.Connection is not null)
            {
                Log.Warning("{0}; all queues consumed over it are tried again from {1:0.0##} s on, with growing waits", sentence, seconds);
            }
            else
            {
                Log.Warning("{0}; it is tried again in {1:0.0##} s", sentence, seconds);
            }
        }
    }
}
