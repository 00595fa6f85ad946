namespace DataLoad.Engine.Intake.Streaming;

/// <summary>What is asked of the intake as a whole and of each <see cref="StreamActor"/>; answered by nothing: <see cref="StreamHandle"/> shows it.</summary>
internal interface IStreamCommand;

/// <summary>Runs a stream, whose exchange and queue are there.</summary>
/// <param name="Stream">The stream's name.</param>
/// <param name="BrokerDelays">Whether the broker waits for delayed messages itself.</param>
internal sealed record StartStream(string Stream, bool BrokerDelays) : IStreamCommand;

/// <summary>Takes nothing of a stream until it is resumed; what was taken becomes durable and is acknowledged, or is given back.</summary>
/// <param name="Stream">The stream's name.</param>
internal sealed record PauseStream(string Stream) : IStreamCommand;

/// <summary>Goes on with a paused stream.</summary>
/// <param name="Stream">The stream's name.</param>
internal sealed record ResumeStream(string Stream) : IStreamCommand;

/// <summary>Takes nothing more of any stream, for good; what was taken becomes durable and is acknowledged.</summary>
internal sealed record StopTaking : IStreamCommand
{
    public static StopTaking Instance { get; } = new();
}
