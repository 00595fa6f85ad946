namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>What was agreed on with the broker.</summary>
/// <param name="Channels">The highest channel number.</param>
/// <param name="FrameBytes">The largest frame, with its overhead.</param>
/// <param name="HeartbeatSeconds">How often each side says that it lives; at least 1.</param>
internal readonly record struct WireLimits(ushort Channels, int FrameBytes, ushort HeartbeatSeconds);
