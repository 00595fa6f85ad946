using Akka.Streams;
using Akka.Streams.Stage;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Scenarios;

namespace DataLoad.Simulation.Tests.Broker;

/// <summary>What the connector's source is to a stream's graph: batches of deliveries, over one channel after another.</summary>
internal sealed class DeliverySource(Cluster cluster, string node, string stream) : GraphStageWithMaterializedValue<SourceShape<IDeliveryBatch>, DeliveryControl>
{
    private readonly Outlet<IDeliveryBatch> _out = new("Deliveries.out");

    public override SourceShape<IDeliveryBatch> Shape => new(_out);

    public override ILogicAndMaterializedValue<DeliveryControl> CreateLogicAndMaterializedValue(Attributes inheritedAttributes)
    {
        var control = new DeliveryControl();
        return new LogicAndMaterializedValue<DeliveryControl>(new Logic(this, cluster, node, stream, control), control);
    }

    private sealed class Logic : OutGraphStageLogic
    {
        private readonly DeliverySource _stage;
        private readonly Cluster _cluster;
        private readonly string _node;
        private readonly string _stream;
        private readonly DeliveryControl _control;
        private Action _notify = () => { };
        private BrokerChannel? _channel;

        public Logic(DeliverySource stage, Cluster cluster, string node, string stream, DeliveryControl control)
            : base(stage.Shape)
        {
            (_stage, _cluster, _node, _stream, _control) = (stage, cluster, node, stream, control);
            SetHandler(stage._out, this);
        }

        public override void PreStart() => _control.Changed = _notify = GetAsyncCallback(GoOn);

        public override void OnPull() => GoOn();

        /// <summary>The graph ended before it was drained: what it has comes again.</summary>
        public override void PostStop()
        {
            if (!_control.IsStopped && _channel is { } channel)
            {
                _cluster.Broker.Close(channel);
            }
        }

        private void GoOn()
        {
            if (_control.IsStopped)
            {
                // The channel stays, for the acknowledgements of what was taken.
                CompleteStage();
                return;
            }

            if (_control.IsPaused || !IsAvailable(_stage._out))
            {
                return;
            }

            if (_channel is not { IsLost: false })
            {
                _channel = _cluster.Broker.Open(_node, _stream, () => _notify());
            }

            SendingSettings settings = _cluster.Scenario.Sending;
            List<TakenMessage> taken = _cluster.Broker.Take(_channel, Math.Min(settings.MaxBatch, settings.Prefetch - _channel.Unacknowledged.Count));
            if (taken.Count > 0)
            {
                Push(_stage._out, new SimulatedDeliveries(_cluster.Broker, _channel, [.. taken.Select(one => (one, _cluster.ContentOf(one.Message)))]));
            }
        }
    }
}

/// <summary>Controls a <see cref="DeliverySource"/>.</summary>
internal sealed class DeliveryControl
{
    public bool IsPaused { get; private set; }

    public bool IsStopped { get; private set; }

    /// <summary>Set by the stage.</summary>
    public Action? Changed { get; set; }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        Changed?.Invoke();
    }

    public Task StopTaking()
    {
        IsStopped = true;
        Changed?.Invoke();
        return Task.CompletedTask;
    }
}
