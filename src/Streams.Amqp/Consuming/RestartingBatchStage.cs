using Akka.Streams;
using Akka.Streams.Dsl;
using Akka.Streams.Stage;

namespace DataLoad.Streams.Amqp;

/// <summary>Runs <see cref="BatchStage"/> in a <c>RestartSource</c>, with one control through all restarts.</summary>
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

    private Source<DeliveryBatch, Akka.NotUsed> SourceOf(ConsumerControl control) => RestartSource.OnFailuresWithBackoff(
        () => Source.FromGraph(new BatchStage(connections, settings, control)),
        RestartSettings.Create(restart.MinBackoff, restart.MaxBackoff, restart.RandomFactor)

            // What ended sooner than this counts as one more failure: a broker that takes a connection and drops it at once is not asked at once.
            .WithMaxRestarts(int.MaxValue, restart.MaxBackoff));

    private sealed class Logic : GraphStageLogic
    {
        private readonly RestartingBatchStage _stage;
        private readonly ConsumerControl _control;
        private readonly Attributes _attributes;

        public Logic(RestartingBatchStage stage, ConsumerControl control, Attributes attributes)
            : base(stage.Shape)
        {
            _stage = stage;
            _control = control;
            _attributes = attributes;
            SetHandler(stage._out, onPull: () => { });
        }

        public override void PreStart()
        {
            SubSinkInlet<DeliveryBatch> inlet = CreateSubSinkInlet<DeliveryBatch>("AmqpRestartingBatches.in");
            inlet.SetHandler(new LambdaInHandler(
                onPush: () => Push(_stage._out, inlet.Grab()),
                onUpstreamFinish: CompleteStage,
                onUpstreamFailure: FailStage));
            SetHandler(_stage._out, onPull: inlet.Pull, onDownstreamFinish: cause =>
            {
                inlet.Cancel(cause);
                CancelStage(cause);
            });
            _control.AttachBetween(GetAsyncCallback(() =>
            {
                if (_control.IsStopping)
                {
                    inlet.Cancel();
                    CompleteStage();
                }
            }));
            SubFusingMaterializer.Materialize(_stage.SourceOf(_control).To(inlet.Sink), _attributes);
        }

        public override void PostStop()
        {
            _control.AttachBetween(null);
            _control.Ended();
        }
    }
}
