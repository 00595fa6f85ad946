using Akka.Event;
using Akka.Streams;
using Akka.Streams.Stage;

namespace DataLoad.Streams.Amqp;

/// <summary>
/// Consumes a queue over a channel of its own, emits what has arrived when it is asked, and acknowledges up to the watermark, one frame for all
/// that became done meanwhile. A lost channel fails it.
/// </summary>
/// <param name="connections">The broker's connections.</param>
/// <param name="settings">What is consumed.</param>
/// <param name="shared">The control of a source that is restarted; null for one of its own.</param>
internal sealed class BatchStage(AmqpConnections connections, AmqpSourceSettings settings, ConsumerControl? shared = null)
    : GraphStageWithMaterializedValue<SourceShape<DeliveryBatch>, IAmqpConsumerControl>
{
    private readonly Outlet<DeliveryBatch> _out = new("AmqpBatches.out");

    public override SourceShape<DeliveryBatch> Shape => new(_out);

    protected override Attributes InitialAttributes => Attributes.CreateName("amqpBatches");

    public override ILogicAndMaterializedValue<IAmqpConsumerControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        ConsumerControl control = shared ?? new ConsumerControl(settings.Prefetch);
        return new LogicAndMaterializedValue<IAmqpConsumerControl>(new Logic(this, control), control);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string PauseTimer = "pause";

        private readonly BatchStage _stage;
        private readonly ConsumerControl _control;
        private readonly CancellationTokenSource _ending = new();
        private readonly Action _changed;
        private readonly Action<Task<ConsumerSession>> _opened;
        private readonly Action<ConsumerSession> _woken;
        private readonly Action<ConsumerSession> _acknowledged;
        private readonly Action<(ConsumerSession Session, AmqpEnd End)> _ended;
        private Task<ConsumerSession>? _opening;
        private ConsumerSession? _session;
        private bool _isLettingGo;
        private bool _isAcknowledging;
        private bool _isFinished;

        public Logic(BatchStage stage, ConsumerControl control)
            : base(stage.Shape)
        {
            _stage = stage;
            _control = control;
            _changed = GetAsyncCallback(OnChanged);
            _opened = GetAsyncCallback<Task<ConsumerSession>>(OnOpened);
            _woken = GetAsyncCallback<ConsumerSession>(OnWoken);
            _acknowledged = GetAsyncCallback<ConsumerSession>(OnAcknowledged);
            _ended = GetAsyncCallback<(ConsumerSession Session, AmqpEnd End)>(ended => OnEnded(ended.Session, ended.End));
            SetHandler(stage._out, onPull: Emit);
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
            if (_opening is not null)
            {
                _ = CloseAsync(_opening);
            }

            if (_session is { } session)
            {
                LetGoOf(session, "the stream ended");
            }

            if (_stage.ForItself || _isFinished)
            {
                _control.Ended();
            }
        }

        protected override void OnTimer(object timerKey)
        {
            if (_isLettingGo && !_control.IsStopping)
            {
                LetGoOf(_session!, "paused");
                OnChanged();
            }
        }

        private static async Task CloseAsync(Task<ConsumerSession> opening)
        {
            await Task.WhenAny(opening);
            if (opening.IsCompletedSuccessfully)
            {
                ConsumerSession session = await opening;
                await session.DisposeAsync();
            }
        }

        /// <summary>Does what the control says.</summary>
        private void OnChanged()
        {
            if (_opening is not null)
            {
                return;
            }

            if (_session is null)
            {
                if (_control.IsStopping)
                {
                    Finish();
                }
                else if (!_control.IsPaused)
                {
                    _opening = ConsumerSession.OpenAsync(_stage.Connections, _stage.Settings, _control, _woken, _ending.Token);
                    _ = _opening.ContinueWith(_opened, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
            else if (_control.IsStopping || _control.IsPaused)
            {
                LetGo(_session);
            }
        }

        private void OnOpened(Task<ConsumerSession> opening)
        {
            _opening = null;
            if (opening.IsCompletedSuccessfully)
            {
                ConsumerSession session = _session = opening.Result;
                _control.Consuming(session);
                Log.Debug("Queue {0} is consumed from {1}", _stage.Settings.Queue, session.Host);
                _ = session.Channel.Ended.ContinueWith(
                    ended => _ended((session, ended.Result)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                OnChanged();
                Emit();
                return;
            }

            Exception error = opening.Exception?.GetBaseException() ?? new OperationCanceledException("Opening the channel was cancelled.");
            _control.NotConsuming(error.Message);
            if (_control.IsStopping)
            {
                Finish();
            }
            else if (!_control.IsPaused)
            {
                FailStage(error is IOException or TimeoutException
                    ? new AmqpException($"Queue {_stage.Settings.Queue} is not consumed: {error.Message}", (error as AmqpException)?.Code ?? 0, error)
                    : error);
            }
        }

        private void OnWoken(ConsumerSession session)
        {
            session.Look();
            if (session == _session)
            {
                Emit();
                Acknowledge(session);
            }
        }

        private void Emit()
        {
            if (_session is not null && !_isLettingGo && IsAvailable(_stage._out) && _session.TakeBatch(_stage.Settings.MaxBatch) is { } batch)
            {
                Push(_stage._out, batch);
            }
        }

        private void Acknowledge(ConsumerSession session)
        {
            while (!_isAcknowledging && session.Acknowledge() is { } sending)
            {
                if (!sending.IsCompletedSuccessfully)
                {
                    // One that fails is followed by the channel's end.
                    _isAcknowledging = true;
                    _ = sending.ContinueWith(
                        _ => _acknowledged(session),
                        CancellationToken.None,
                        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnRanToCompletion,
                        TaskScheduler.Default);
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
                StopTold();
                return;
            }

            _isLettingGo = true;
            ScheduleOnce(PauseTimer, _stage.Settings.PausePatience);
            _ = session.Channel.CancelAsync().ContinueWith(
                _ => StopTold(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            CloseWhenDrained(session);
        }

        private void StopTold()
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
                LetGoOf(session, "paused");
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
            LetGoOf(session, end.Reason);
            if (wasLettingGo || _control.IsStopping)
            {
                OnChanged();
            }
            else
            {
                FailStage(end.OfConnection
                    ? new AmqpException($"The connection to the broker at {session.Host} was lost: {end.Reason}.", end.Code) { Connection = session.Connection }
                    : new AmqpException($"Queue {_stage.Settings.Queue} is not consumed any more: {end.Reason} (at {session.Host}).", end.Code));
            }
        }

        private void LetGoOf(ConsumerSession session, string why)
        {
            _session = null;
            _isLettingGo = _isAcknowledging = false;
            CancelTimer(PauseTimer);
            _control.LetGo(session, why);
            _ = session.DisposeAsync().AsTask();
        }

        private void Finish()
        {
            _isFinished = true;
            CompleteStage();
        }
    }

    private AmqpConnections Connections => connections;

    private AmqpSourceSettings Settings => settings;

    private bool ForItself => shared is null;
}
