using Akka.Event;
using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace DataLoad.Streams.Amqp;

/// <summary>Runs <see cref="BatchStage"/> again and again, with growing waits where it fails, and with one control through all restarts.</summary>
/// <remarks>
/// As a <c>RestartSource</c> does, which logs each failure with its stack trace and has no setting for that: here a loss is one sentence, and one
/// for all that were lost with their connection.
/// </remarks>
internal sealed class RestartingBatchStage(AmqpConnections connections, AmqpSourceSettings settings, AmqpRestartSettings restart)
    : GraphStageWithMaterializedValue<SourceShape<DeliveryBatch>, IAmqpConsumerControl>
{
    private readonly Outlet<DeliveryBatch> _out = new("AmqpRestartingBatches.out");

    public override SourceShape<DeliveryBatch> Shape => new(_out);

    protected override Attributes InitialAttributes => Attributes.CreateName("amqpRestartingBatches");

    public override ILogicAndMaterializedValue<IAmqpConsumerControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var control = new ConsumerControl(settings.Prefetch);
        return new LogicAndMaterializedValue<IAmqpConsumerControl>(new Logic(this, control, inheritedAttributes), control);
    }

    private sealed class Logic : TimerGraphStageLogic
    {
        private const string RestartTimer = "restart";

        private readonly RestartingBatchStage _stage;
        private readonly ConsumerControl _control;
        private readonly Attributes _attributes;
        private SubSinkInlet<DeliveryBatch>? _inlet;
        private long _startedAt;
        private int _failures;

        public Logic(RestartingBatchStage stage, ConsumerControl control, Attributes attributes)
            : base(stage.Shape)
        {
            _stage = stage;
            _control = control;
            _attributes = attributes;
            SetHandler(stage._out, onPull: () => _inlet?.Pull(), onDownstreamFinish: cause =>
            {
                _inlet?.Cancel(cause);
                CancelStage(cause);
            });
        }

        public override void PreStart()
        {
            _control.AttachBetween(GetAsyncCallback(() =>
            {
                if (_control.IsStopping)
                {
                    _inlet?.Cancel();
                    CompleteStage();
                }
            }));
            Run();
        }

        public override void PostStop()
        {
            _control.AttachBetween(null);
            _control.Ended();
        }

        protected override void OnTimer(object timerKey) => Run();

        private void Run()
        {
            _startedAt = _stage.Connections.Time.GetTimestamp();
            SubSinkInlet<DeliveryBatch> inlet = _inlet = CreateSubSinkInlet<DeliveryBatch>("AmqpRestartingBatches.in");
            inlet.SetHandler(new LambdaInHandler(
                onPush: () => Push(_stage._out, inlet.Grab()),
                onUpstreamFinish: CompleteStage,
                onUpstreamFailure: OnFailure));
            SubFusingMaterializer.Materialize(Source.FromGraph(new BatchStage(_stage.Connections, _stage.Settings, _control)).To(inlet.Sink), _attributes);
            if (IsAvailable(_stage._out))
            {
                inlet.Pull();
            }
        }

        private void OnFailure(Exception fault)
        {
            _inlet = null;
            if (_control.IsStopping)
            {
                CompleteStage();
                return;
            }

            // What ended sooner than the longest wait is one more failure: a broker that takes a connection and drops it at once is not asked at once.
            bool lasted = _stage.Connections.Time.GetElapsedTime(_startedAt) > _stage.Restart.MaxBackoff;
            _failures = lasted ? 1 : _failures + 1;
            TimeSpan wait = _stage.Restart.WaitAfter(_failures);
            Tell(fault, wait);
            ScheduleOnce(RestartTimer, wait);
        }

        private void Tell(Exception fault, TimeSpan wait)
        {
            if (fault is not AmqpException lost)
            {
                Log.Error(fault, "Queue {0} is not consumed any more by a fault of the program; it is tried again in {1:0.0##} s", _stage.Settings.Queue, wait.TotalSeconds);
                return;
            }

            string sentence = lost.Message.TrimEnd('.');
            if (!_stage.Connections.IsNews(AmqpConnectionRole.Consuming, lost))
            {
                Log.Debug("{0}; queue {1} is tried again in {2:0.0##} s", sentence, _stage.Settings.Queue, wait.TotalSeconds);
            }
            else if (lost.Connection is not null)
            {
                Log.Warning("{0}; all queues consumed over it are tried again from {1:0.0##} s on, with growing waits", sentence, wait.TotalSeconds);
            }
            else
            {
                Log.Warning("{0}; it is tried again in {1:0.0##} s", sentence, wait.TotalSeconds);
            }
        }
    }

    private AmqpConnections Connections => connections;

    private AmqpSourceSettings Settings => settings;

    private AmqpRestartSettings Restart => restart;
}
