namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>The methods of AMQP 0-9-1 that consuming needs: the class in the upper half, the method in the lower.</summary>
internal enum WireMethod : uint
{
    None = 0,
    ConnectionStart = (10 << 16) | 10,
    ConnectionStartOk = (10 << 16) | 11,
    ConnectionTune = (10 << 16) | 30,
    ConnectionTuneOk = (10 << 16) | 31,
    ConnectionOpen = (10 << 16) | 40,
    ConnectionOpenOk = (10 << 16) | 41,
    ConnectionClose = (10 << 16) | 50,
    ConnectionCloseOk = (10 << 16) | 51,
    ChannelOpen = (20 << 16) | 10,
    ChannelOpenOk = (20 << 16) | 11,
    ChannelFlow = (20 << 16) | 20,
    ChannelFlowOk = (20 << 16) | 21,
    ChannelClose = (20 << 16) | 40,
    ChannelCloseOk = (20 << 16) | 41,
    BasicQos = (60 << 16) | 10,
    BasicQosOk = (60 << 16) | 11,
    BasicConsume = (60 << 16) | 20,
    BasicConsumeOk = (60 << 16) | 21,
    BasicCancel = (60 << 16) | 30,
    BasicCancelOk = (60 << 16) | 31,
    BasicReturn = (60 << 16) | 50,
    BasicDeliver = (60 << 16) | 60,
    BasicGetOk = (60 << 16) | 71,
    BasicAck = (60 << 16) | 80,
}
