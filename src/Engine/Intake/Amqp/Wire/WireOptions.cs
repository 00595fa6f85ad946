namespace DataLoad.Engine.Intake.Amqp.Wire;

/// <summary>How a connection of the engine's own reader is made. No record: its text would show the password.</summary>
internal sealed class WireOptions
{
    /// <summary>The name that the broker shows.</summary>
    public required string Name { get; init; }

    public required string UserName { get; init; }

    public required string Password { get; init; }

    public required string VirtualHost { get; init; }

    /// <summary>How long connecting may take in all, and each later answer of the broker.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>How often each side is to say that it lives, in whole seconds; the broker may ask for more often.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>The largest body that is taken; a larger one ends the connection.</summary>
    public required long MaxBodyBytes { get; init; }

    /// <summary>How long all streams wait for one whose bodies take too much, before its channel is closed.</summary>
    public required TimeSpan RoomPatience { get; init; }

    /// <summary>How long, from a read on, what comes is left to be read together, and a quarter of that while little comes; zero reads at once.</summary>
    public required TimeSpan ReadInterval { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }
}
