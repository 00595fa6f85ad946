using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Streaming;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

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
            Consuming.IsPaused = Parked.IsPaused = isPaused && !Consuming.IsStopping;
            _intake.Tell(command);
        }
    }

    private string? FailingOf(AmqpConsumerStatus? consumer) => Consuming.IsPaused
        ? null
        : _intake.Broker.Problems.GetValueOrDefault(Definition.Name)
            ?? (consumer is null ? Consuming.Fault ?? "not connected yet" : consumer.Error)
            ?? Consuming.Failing;
}

/// <summary>What a stream's consumer says of itself.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="IsPaused">Whether an operator paused it.</param>
/// <param name="Failing">Why it is not consumed or waits, or null.</param>
/// <param name="Prefetch">How many deliveries may be unacknowledged.</param>
/// <param name="Unacknowledged">How many deliveries are unacknowledged now.</param>
public sealed record StreamStatus(string Stream, bool IsPaused, string? Failing, int Prefetch, long Unacknowledged);
