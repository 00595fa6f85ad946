using Akka.Actor;
using Akka.Hosting;
using Akka.Pattern;
using DataLoad.Engine.Contract;
using DataLoad.Engine.DeadLetters;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>The intake of all streams that are enabled: controls it and shows what it does. Its actors run it. Thread-safe.</summary>
public sealed class StreamIntake
{
    // A look at all queues may itself take some seconds where the broker is busy.
    private const int LooksMissed = 3;
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, StreamControl> _byName;
    private readonly List<object> _unsent = [];
    private IActorRef? _actor;

    /// <summary>Makes an intake; <see cref="IntakeRegistration.StartIntake"/> runs it.</summary>
    public StreamIntake(IntakeSetup setup)
    {
        Setup = setup;
        Controls = [.. setup.Options.Catalog.Streams.Where(stream => setup.SettingsOf(stream).Enabled).Select(stream => new StreamControl(stream, this))];
        _byName = Controls.ToDictionary(control => control.Definition.Name, StringComparer.Ordinal);
    }

    /// <summary>The streams, in the catalog's order.</summary>
    public IReadOnlyList<StreamControl> Controls { get; }

    /// <summary>Whether the broker is connected.</summary>
    public bool IsConnected => ConnectionError is null;

    /// <summary>Why the broker is not connected, or null.</summary>
    public string? ConnectionError
    {
        get
        {
            AmqpConnectionState consuming = Setup.Connections.StateOf(AmqpConnectionRole.Consuming);
            AmqpConnectionState declaring = Setup.Connections.StateOf(AmqpConnectionRole.Declaring);
            return consuming.Error ?? declaring.Error ?? (consuming.IsConnected || declaring.IsConnected ? null : "not connected yet");
        }
    }

    /// <summary>Why the broker takes no publishing (<c>connection.blocked</c>, or no confirm in time), or null.</summary>
    public string? Blocked => Setup.Connections.StateOf(AmqpConnectionRole.Publishing).Blocked ?? Broker.PublishingRefused;

    /// <summary>How many messages wait in the queue of each stream, by its name; a stream whose queue was never looked at is missing.</summary>
    public IReadOnlyDictionary<string, QueueLength> Lag => Broker.Lag.ToDictionary(queue => queue.Key, queue => LengthOf(queue.Value), StringComparer.Ordinal);

    /// <summary>How many dead letters wait in their queue; null before the first look.</summary>
    public QueueLength? DeadLetters => Broker.DeadLetters is { } look ? LengthOf(look) : null;

    /// <summary>What parking says of itself.</summary>
    public ParkingState Parking { get; } = new();

    /// <summary>What the publishing of dead letters says of itself.</summary>
    public DeadLetterState Letters { get; } = new();

    /// <summary>What each stream says of itself.</summary>
    public IEnumerable<StreamStatus> Streams => Controls.Select(control => control.Status);

    /// <summary>What is not consumed or waits, and why: streams, their parked deliveries, the parking and the dead letters.</summary>
    public IEnumerable<KeyValuePair<string, string>> Failing =>
        Controls.Select(control => KeyValuePair.Create(control.Definition.Name, control.Status.Failing))
            .Concat(Controls.Select(control => KeyValuePair.Create(control.Parked.Name, control.Parked.Failing)))
            .Append(KeyValuePair.Create("parking", Parking.Failing))
            .Append(KeyValuePair.Create("dead letters", Letters.Failing ?? (Blocked is { } blocked ? $"the broker blocks publishing: {blocked}" : null)))
            .Where(failing => failing.Value is not null)!;

    /// <summary>What is said of whatever waits for the connection to the broker: the same of all, however each lost it.</summary>
    internal string NotConnected => $"not connected to the broker at {Setup.Connections.Settings.SafeName}";

    internal IntakeSetup Setup { get; }
    internal BrokerState Broker { get; } = new();

    /// <summary>A length is known while the connection that it was read over lasts, the last look read it, and looks go on: a broker that hangs keeps its
    /// connection for a while.</summary>
    private QueueLength LengthOf(QueueLook look)
    {
        TimeSpan age = Setup.Options.Time.GetUtcNow() - look.At;
        bool isKnown = look.IsLast && Setup.Connections.StateOf(AmqpConnectionRole.Declaring).IsConnected && age < LookPatience + (LooksMissed * Setup.CheckInterval);
        return new QueueLength(look.Messages, look.At, isKnown);
    }

    private Scheduling.Backoff Waits => Setup.Options.Settings.Backoff;

    /// <summary>Makes the actor that runs it, under a supervisor that starts it again with growing waits where a fault of our own ended it.</summary>
    /// <param name="region">Brings batches of events to their Partitions.</param>
    public Props Props(IActorRef region) => BackoffSupervisor.Props(
        Akka.Pattern.Backoff.OnStop(IntakeActor.Props(this, region), "intake", Waits.First, Waits.Limit, Setup.RandomFactor, maxNrOfRetries: -1)
            .WithSupervisorStrategy(new OneForOneStrategy(_ => Directive.Stop)));

    /// <summary>Stops consuming a stream and taking up its parked deliveries, until it is resumed.</summary>
    /// <returns>False where the stream is not consumed here.</returns>
    public bool Pause(string stream)
    {
        _byName.GetValueOrDefault(stream)?.Pause();
        return _byName.ContainsKey(stream);
    }

    /// <summary>Goes on with a paused stream.</summary>
    /// <returns>False where the stream is not consumed here.</returns>
    public bool Resume(string stream)
    {
        _byName.GetValueOrDefault(stream)?.Resume();
        return _byName.ContainsKey(stream);
    }

    /// <summary>Takes nothing more, for good; for the phase <c>service-unbind</c> of a coordinated shutdown.</summary>
    /// <returns>Done when nothing more is taken, or after the patience that is set.</returns>
    public Task StopTakingAsync()
    {
        foreach (StreamControl control in Controls)
        {
            // Holds through a fault, too, which would otherwise start them anew.
            control.Consuming.IsStopping = control.Parked.IsStopping = true;
        }

        Tell(new StopTaking());
        Task stopped = Task.WhenAll(Controls.SelectMany(control => new[] { control.Consuming.Stopped, control.Parked.Stopped }));
        return Task.WhenAny(stopped, Task.Delay(Setup.Options.Settings.Patience, Setup.Options.Time));
    }

    /// <summary>Waits, after <see cref="StopTakingAsync"/>, until all that was taken is accepted and acknowledged, or given back; for the phase
    /// <c>service-requests-done</c>.</summary>
    public Task DrainedAsync(CancellationToken cancellationToken) => Task.WhenAll(Controls.Select(control => control.Drained)).WaitAsync(cancellationToken);

    /// <summary>How many deliveries had been taken and not acknowledged when their streams ended: the broker delivers them again.</summary>
    public long LeftUnacknowledged => Controls.Sum(control => control.LeftUnacknowledged);

    /// <summary>Sends Partitions nothing more, not even again: what is not accepted by now comes back from the broker. What they accept still is
    /// acknowledged. For the phase <c>service-stop</c>: what waits for a Partition that was handed off would hold up the region's end.</summary>
    public void StopSending()
    {
        foreach (StreamControl control in Controls)
        {
            control.Consuming.State.IsLeaving = control.Parked.State.IsLeaving = true;
        }
    }

    internal void Attach(IActorRef actor)
    {
        lock (_lock)
        {
            _actor = actor;
            foreach (object message in _unsent)
            {
                actor.Tell(message);
            }

            _unsent.Clear();
        }
    }

    internal void Tell(object message)
    {
        lock (_lock)
        {
            if (_actor is null)
            {
                // What is asked for before the actors run holds from their first moment on.
                _unsent.Add(message);
            }
            else
            {
                _actor.Tell(message);
            }
        }
    }
}

/// <summary>Starts the intake in an actor system.</summary>
public static class IntakeRegistration
{
    /// <summary>Runs the intake, and registers its actor under <see cref="StreamIntake"/>. Stopping is the coordinated shutdown's: in <c>service-unbind</c>
    /// it takes no more, in <c>service-requests-done</c> it waits for what it took, from <c>service-stop</c> on it sends nothing.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="intake">The intake.</param>
    /// <param name="region">What brings batches of events to their Partitions.</param>
    public static void StartIntake(this ActorSystem system, StreamIntake intake, IActorRef region)
    {
        ActorRegistry.For(system).Register<StreamIntake>(system.ActorOf(intake.Props(region), "intake"));
        CoordinatedShutdown shutdown = CoordinatedShutdown.Get(system);
        Add(CoordinatedShutdown.PhaseServiceUnbind, "intake-stops-taking", intake.StopTakingAsync);
        Add(CoordinatedShutdown.PhaseServiceRequestsDone, "intake-is-drained", () => intake.DrainedAsync(CancellationToken.None));
        Add(CoordinatedShutdown.PhaseServiceStop, "intake-sends-no-more", () =>
        {
            intake.StopSending();
            return Task.CompletedTask;
        });

        void Add(string phase, string name, Func<Task> task) => shutdown.AddTask(phase, name, async () =>
        {
            await task();
            return Akka.Done.Instance;
        });
    }
}

/// <summary>Controls one stream and shows what it does. Thread-safe.</summary>
public sealed class StreamControl
{
    private readonly Lock _lock = new();
    private readonly StreamIntake _intake;
    private readonly int _prefetch;
    private volatile IAmqpConsumerControl? _consumer;

    internal StreamControl(StreamDefinition definition, StreamIntake intake)
    {
        Definition = definition;
        _intake = intake;
        _prefetch = intake.Setup.SettingsOf(definition).Prefetch ?? intake.Setup.Options.Settings.Prefetch;
        Consuming = new StreamHandle(definition.Name);
        Parked = new StreamHandle($"{definition.Name} (parked)");
    }

    /// <summary>The stream.</summary>
    public StreamDefinition Definition { get; }

    /// <summary>What it says of itself.</summary>
    public StreamStatus Status
    {
        get
        {
            AmqpConsumerStatus? consumer = _consumer?.Status;
            return new StreamStatus(Definition.Name, Consuming.IsPaused, FailingOf(consumer), consumer?.Prefetch ?? _prefetch, consumer?.Unacknowledged ?? 0);
        }
    }

    /// <summary>Done when, after <see cref="StreamIntake.StopTakingAsync"/>, all that was taken is accepted and acknowledged, or was given back.</summary>
    public Task Drained => Task.WhenAll(Consuming.Drained, Parked.Drained);

    /// <summary>How many deliveries had been taken and not acknowledged when the stream ended; 0 before that.</summary>
    public long LeftUnacknowledged => _consumer?.Drained is { IsCompletedSuccessfully: true } drained ? drained.Result : 0;

    internal StreamHandle Consuming { get; }
    internal StreamHandle Parked { get; }

    internal IAmqpConsumerControl? Consumer { set => _consumer = value; }

    /// <summary>Takes nothing more of it, from broker or parking, until it is resumed. What was taken becomes durable, or goes back.</summary>
    public void Pause() => Set(isPaused: true, new PauseStream(Definition.Name));

    /// <summary>Goes on.</summary>
    public void Resume() => Set(isPaused: false, new ResumeStream(Definition.Name));

    /// <summary>Shown at once, in the order in which it is asked for.</summary>
    private void Set(bool isPaused, IStreamCommand command)
    {
        lock (_lock)
        {
            bool toPause = isPaused && !Consuming.IsStopping;
            if (Consuming.IsPaused != toPause || Parked.IsPaused != toPause)
            {
                Consuming.IsPaused = Parked.IsPaused = toPause;
                _intake.Tell(command);
            }
        }
    }

    private string? FailingOf(AmqpConsumerStatus? consumer) => Consuming.IsPaused ? null
        : consumer is not { IsConsuming: true } && !_intake.IsConnected ? _intake.NotConnected
        : _intake.Broker.Problems.GetValueOrDefault(Definition.Name)
            ?? (consumer is null ? Consuming.Fault ?? "not connected yet" : consumer.Error)
            ?? Consuming.Failing;
}

/// <summary>How many messages wait in a queue.</summary>
/// <param name="Messages">As of the last look that could tell.</param>
/// <param name="At">When that was.</param>
/// <param name="IsKnown">Whether it is so now; false where the broker could not be asked since, so that nobody knows how many there are.</param>
public readonly record struct QueueLength(long Messages, DateTimeOffset At, bool IsKnown);

/// <summary>What a stream's consumer says of itself.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="IsPaused">Whether an operator paused it.</param>
/// <param name="Failing">Why it is not consumed or waits, or null.</param>
/// <param name="Prefetch">How many deliveries may be unacknowledged.</param>
/// <param name="Unacknowledged">How many deliveries are unacknowledged now.</param>
public sealed record StreamStatus(string Stream, bool IsPaused, string? Failing, int Prefetch, long Unacknowledged);
