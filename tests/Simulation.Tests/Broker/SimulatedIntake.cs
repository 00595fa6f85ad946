using Akka;
using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Simulation.Tests.Running;
using DataLoad.Simulation.Tests.Stores;
using DataLoad.Streams.Amqp;

namespace DataLoad.Simulation.Tests.Broker;

/// <summary>
/// A node's intake as the product puts it together, over the simulated broker: the product's parking, dead letters, streams with their
/// graphs, and graphs of what is parked. Only the connector is not the product's.
/// </summary>
internal sealed class SimulatedIntake : UntypedActor
{
    private const int LettersInFlight = 8;
    private const int MaxPropertyBytes = 100_000;

    private readonly SimulatedNode _node;
    private readonly Cluster _cluster;
    private readonly IntakeOptions _options;
    private readonly IParkingStore _store;
    private readonly List<IActorRef> _streams = [];

    public SimulatedIntake(SimulatedNode node, Cluster cluster, IntakeOptions options, IParkingStore store)
    {
        (_node, _cluster, _options, _store) = (node, cluster, options, store);
    }

    protected override void PreStart()
    {
        IActorRef parking = Context.ActorOf(ParkingActor.Props(_store, _options, new ParkingState()), "parking");
        Flow<PublishRequest<object>, PublishResult<object>, NotUsed> publishing = Flow.Create<PublishRequest<object>>()
            .SelectAsync(LettersInFlight, request => _cluster.Broker.PublishLetterAsync(_node.Process, request));
        IActorRef letters = Context.ActorOf(
            DeadLetterActor.Props(new DeadLetterPublishing(publishing, "dataload", MaxPropertyBytes, LettersInFlight), parking, _options,
                new DeadLetterState()), "dead-letters");
        var targets = new DispatchTargets(_node.Region, parking, letters);
        foreach (StreamHandle handle in _node.Streams)
        {
            StreamDefinition stream = _options.Catalog.Streams.First(one => handle.Name.StartsWith(one.Name, StringComparison.Ordinal)
                && (handle.Name.Length == one.Name.Length || handle.Name[one.Name.Length] == ' '));
            bool isParked = handle.Name.Length > stream.Name.Length;
            _streams.Add(Context.ActorOf(
                StreamActor.Props(handle, (materializer, _) => isParked ? RunParked(stream, handle, targets, materializer)
                    : RunConsuming(stream, handle, targets, materializer), startsAtOnce: true, _options),
                isParked ? $"{stream.Name}-parked" : stream.Name));
        }
    }

    protected override void OnReceive(object message)
    {
        if (message is not (PauseStream or ResumeStream))
        {
            _streams.ForEach(stream => stream.Tell(message));
            return;
        }

        string name = message is PauseStream pause ? pause.Stream : ((ResumeStream)message).Stream;
        string[] names = [name, $"{name}-parked"];
        foreach (IActorRef stream in _streams.Where(stream => names.Contains(stream.Path.Name, StringComparer.Ordinal)))
        {
            stream.Tell(message);
        }
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    private StreamRun RunConsuming(StreamDefinition stream, StreamHandle handle, DispatchTargets targets, IMaterializer materializer)
    {
        ((DeliveryControl control, UniqueKillSwitch abort), Task ended) = Source.FromGraph(new DeliverySource(_cluster, _node.Name, stream.Name))
            .ViaMaterialized(KillSwitches.Single<IDeliveryBatch>(), Keep.Both)
            .Via(new InterpretationStage(new DeliveryInterpreter(stream, _options), _options, handle.State))
            .ToMaterialized(new PartitionDispatch(targets, stream.Name, _options, handle.State), Keep.Both)
            .Run(materializer);
        return new StreamRun(ended, control.Pause, control.Resume, control.StopTaking, abort.Abort);
    }

    private StreamRun RunParked(StreamDefinition stream, StreamHandle handle, DispatchTargets targets, IMaterializer materializer) => StreamGraph.RunParked(
        new ParkedSource(stream, targets.Parking, _options),
        new DeliveryInterpreter(stream, _options),
        new PartitionDispatch(targets, stream.Name, _options, handle.State),
        _options,
        handle.State,
        materializer);
}
