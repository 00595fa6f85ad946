using DataLoad.Engine.Contract;
using DataLoad.Engine.Intake.Amqp;
using DataLoad.Engine.Parking;
using DataLoad.Streams.Amqp;

namespace DataLoad.Engine.Intake;

/// <summary>What the intake is made of.</summary>
public sealed record IntakeSetup
{
    /// <summary>What all streams work with.</summary>
    public required IntakeOptions Options { get; init; }

    /// <summary>The broker.</summary>
    public required AmqpConnections Connections { get; init; }

    /// <summary>How each stream is set.</summary>
    public required Func<StreamDefinition, StreamSettings> SettingsOf { get; init; }

    /// <summary>The store of parked deliveries.</summary>
    public required IParkingStore Parking { get; init; }

    /// <summary>How often exchanges, queues and their lengths are looked at.</summary>
    public TimeSpan LookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many dead letters may wait for their confirms at once, 1 and up.</summary>
    public int ConfirmWindow { get; init; } = 256;

    /// <summary>How much of each wait before a channel is opened again is added at random; 0 adds nothing.</summary>
    public double RandomFactor { get; init; } = 0.2;
}
