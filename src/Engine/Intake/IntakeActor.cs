using Akka.Actor;
using Akka.Streams;
using Akka.Streams.Dsl;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>Runs the streams, their parked deliveries, the parking, the dead letters and the topology. A child that fails by a fault of our own takes all
/// with it and is started again with all: none of them may go on beside another that has forgotten what it held.</summary>
internal sealed class IntakeActor : ReceiveActor
{
    // What a content header holds beside the properties, and the overhead of its frame.
    private const int ContentHeaderBytes = 32;

    private readonly StreamIntake _intake;
    private readonly IntakeSetup _setup;
    private readonly IActorRef _region;
    private readonly Dictionary<string, (IActorRef Consuming, IActorRef Parked)> _streams = new(StringComparer.Ordinal);

    public IntakeActor(StreamIntake intake, IActorRef region)
    {
        (_intake, _setup, _region) = (intake, intake.Setup, region);
        Receive<StartStream>(start => _streams[start.Stream].Consuming.Tell(start));
        Receive<PauseStream>(pause => TellBoth(pause.Stream, pause));
        Receive<ResumeStream>(resume => TellBoth(resume.Stream, resume));
        Receive<StopTaking>(stop =>
        {
            foreach (string stream in _streams.Keys)
            {
                TellBoth(stream, stop);
            }
        });
    }

    public static Props Props(StreamIntake intake, IActorRef region) => Akka.Actor.Props.Create(() => new IntakeActor(intake, region)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        IntakeOptions options = _setup.Options;
        IActorRef parking = Context.ActorOf(ParkingActor.Props(_setup.Parking, options, _intake.Parking), "parking");
        IActorRef letters = Context.ActorOf(DeadLetterActor.Props(Publishing(), parking, options, _intake.Letters), "dead-letters");
        var targets = new DispatchTargets(_region, parking, letters);
        foreach (StreamControl control in _intake.Controls)
        {
            StreamDefinition stream = control.Definition;
            Props consuming = StreamActor.Props(
                control.Consuming, (materializer, delays) => RunConsuming(control, targets, delays, materializer), startsAtOnce: false, options);
            Props parked = StreamActor.Props(control.Parked, (materializer, _) => RunParked(control, targets, materializer), startsAtOnce: true, options);
            _streams[stream.Name] = (Context.ActorOf(consuming, stream.Name), Context.ActorOf(parked, $"{stream.Name}-parked"));
        }

        Context.ActorOf(TopologyActor.Props(_setup, [.. _intake.Controls.Select(control => control.Definition)], _intake.Broker), "topology");
        Context.ActorOf(PublishingProbeActor.Props(_setup, _intake.Broker), "publishing-probe");
        if (_setup.PausedStreams is not null)
        {
            Context.ActorOf(PausingActor.Props(_intake), "pausing");
        }

        _intake.Attach(Self);
    }

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    private void TellBoth(string stream, object message)
    {
        (IActorRef consuming, IActorRef parked) = _streams[stream];
        consuming.Tell(message);
        parked.Tell(message);
    }

    private DeadLetterPublishing Publishing()
    {
        var settings = new AmqpPublishSettings { MaxInFlight = _setup.ConfirmWindow, ConfirmTimeout = _setup.Options.Settings.DeadLetterPatience };
        AmqpConnectionSettings broker = _setup.Connections.Settings;
        return new DeadLetterPublishing(
            AmqpFlow.Publish<object>(_setup.Connections, settings), broker.UserName, broker.MaxFrameBytes - ContentHeaderBytes, _setup.ConfirmWindow);
    }

    private StreamRun RunConsuming(StreamControl control, DispatchTargets targets, bool brokerDelays, IMaterializer materializer)
    {
        IntakeOptions options = _setup.Options;
        IntakeSettings settings = options.Settings;
        var source = new AmqpSourceSettings(control.Definition.Queue)
        {
            Prefetch = _setup.SettingsOf(control.Definition).Prefetch ?? settings.Prefetch,
            MaxBatch = settings.MaxBatch,
            MaxBytes = Math.Max(1, settings.MemoryBytes / _intake.Controls.Count),
            PausePatience = settings.Patience,
            CountsDeliveries = () => control.Consuming.State.CountsDeliveries || _intake.Broker.CountsDeliveries.GetValueOrDefault(control.Definition.Name),
        };
        var restart = new AmqpRestartSettings { MinBackoff = settings.Backoff.First, MaxBackoff = settings.Backoff.Limit, RandomFactor = _setup.RandomFactor };
        var interpreter = new DeliveryInterpreter(control.Definition, options) { BrokerDelays = brokerDelays };
        StreamState state = control.Consuming.State;
        var dispatch = new PartitionDispatch(targets, control.Definition.Name, options, state);
        (StreamRun run, control.Consumer) = StreamGraph.RunConsuming(
            AmqpSource.Restarting(_setup.Connections, source, restart), interpreter, dispatch, options, state, control.Definition, materializer);
        return run;
    }

    private StreamRun RunParked(StreamControl control, DispatchTargets targets, IMaterializer materializer)
    {
        (IntakeOptions options, StreamDefinition stream, StreamState state) = (_setup.Options, control.Definition, control.Parked.State);
        var source = new ParkedSource(stream, targets.Parking, options);
        var dispatch = new PartitionDispatch(targets, stream.Name, options, state);
        return StreamGraph.RunParked(source, new DeliveryInterpreter(stream, options), dispatch, options, state, materializer);
    }
}
