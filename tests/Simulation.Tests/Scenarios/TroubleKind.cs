namespace DataLoad.Simulation.Scenarios;

/// <summary>The kinds of trouble.</summary>
internal enum TroubleKind
{
    /// <summary>Calls of the store fail, without effect.</summary>
    StoreFails = 0,

    /// <summary>Calls of the store take effect, and the caller is told that they failed.</summary>
    StoreFailsAfterwards,

    /// <summary>Calls of the store take long.</summary>
    StoreSlow,

    /// <summary>Business queries fail.</summary>
    LookupFails,

    /// <summary>Business queries take long.</summary>
    LookupSlow,

    /// <summary>The broker is down.</summary>
    BrokerDown,

    /// <summary>All connections to the broker are lost.</summary>
    BrokerCut,

    /// <summary>Channels end by themselves.</summary>
    ChannelCut,

    /// <summary>What is sent to and from the broker takes long.</summary>
    BrokerSlow,

    /// <summary>Connections are lost just when an acknowledgement arrives.</summary>
    AcknowledgementLost,

    /// <summary>Connections are lost just when a confirm is due.</summary>
    ConfirmLost,

    /// <summary>The broker refuses what is published.</summary>
    PublishRefused,

    /// <summary>Messages come back, and arrive, in another order.</summary>
    Reorder,

    /// <summary>The owner's process is killed, and another started later.</summary>
    Crash,

    /// <summary>The owner's process is held, perhaps past its lease, and goes on then.</summary>
    Hold,

    /// <summary>The owner's leases cannot be renewed, while all else works.</summary>
    RenewFails,

    /// <summary>The owner's clock jumps.</summary>
    ClockJump,

    /// <summary>The owner is stopped in order, and another started later.</summary>
    Stop,

    /// <summary>The next node that recovers is stopped in order while it does, and another started later.</summary>
    StopInRecovery,

    /// <summary>The store says that a write failed, and the write takes effect long after.</summary>
    StoreLate,

    /// <summary>The store's machine loses power: of the writes under way the first are durable, the rest are gone.</summary>
    PowerLoss,
}
