namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>What a frame holds.</summary>
internal enum WireFrameType : byte
{
    None = 0,
    Method = 1,
    Header = 2,
    Body = 3,
    Heartbeat = 8,
}
