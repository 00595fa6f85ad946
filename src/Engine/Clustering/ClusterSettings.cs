namespace DataLoad.Engine.Clustering;

/// <summary>Where a node is reached by others, and how nodes find each other and tell who lives.</summary>
public sealed record ClusterSettings
{
    /// <summary>The address or host name that the node listens on for other nodes.</summary>
    public string Hostname { get; init; } = "127.0.0.1";

    /// <summary>The port that it listens on; 0 is any free one.</summary>
    public int Port { get; init; }

    /// <summary>The address or host name that other nodes reach it by; empty where that is <see cref="Hostname"/>.</summary>
    public string AdvertisedHostname { get; init; } = "";

    /// <summary>The port that other nodes reach it by; 0 where that is <see cref="Port"/>.</summary>
    public int AdvertisedPort { get; init; }

    /// <summary>How often a node says in the store that it lives.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node is taken to live that no longer says so, by the store; longer than the interval.</summary>
    public TimeSpan TimeToLive { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long joining may take before the store is asked anew whom to join.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
