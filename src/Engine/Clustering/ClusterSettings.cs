using System.Net;

namespace DataLoad.Engine.Clustering;

/// <summary>Where a node is reached by others, how they know each other, and how nodes find each other and tell who lives.</summary>
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

    /// <summary>How long a node goes on that cannot reach the store, before it asks the others: it leaves where one of them can.</summary>
    public TimeSpan StorePatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long joining may take before the store is asked anew whom to join.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The certificates by which nodes know each other, or null for none.</summary>
    public ClusterTlsSettings? Tls { get; init; }

    /// <summary>Whether a node beyond this machine may do without them.</summary>
    public bool Insecure { get; init; }

    /// <summary>What other nodes reach it by.</summary>
    public string ReachedBy => AdvertisedHostname.Length > 0 ? AdvertisedHostname : Hostname;

    /// <summary>Whether it listens to this machine alone.</summary>
    public bool IsLoopback => string.Equals(Hostname, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Hostname, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <summary>Whether anybody who reaches its port is let in, from beyond this machine.</summary>
    public bool IsOpen => Tls is null && !IsLoopback;

    /// <summary>Why a node must not start with these settings, and what to do about it; null where it may.</summary>
    public string? Refusal =>
        IsWildcard(ReachedBy) ? $"dataload.cluster.hostname = {Hostname} is all addresses of this machine, and none that another could reach it by: set "
            + "dataload.cluster.advertised-hostname to one that it can, or listen on 127.0.0.1."
        : IsOpen && !Insecure ? $"dataload.cluster.hostname = {Hostname} lets nodes in from beyond this machine, which takes certificates: set "
            + "dataload.cluster.tls, or listen on 127.0.0.1; on a network that nobody else is in, dataload.cluster.insecure = true does without."
        : null;

    private static bool IsWildcard(string host) =>
        IPAddress.TryParse(host, out IPAddress? address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));
}

/// <summary>The files of certificates by which nodes know each other, in PEM.</summary>
/// <param name="Certificate">This node's certificate.</param>
/// <param name="Key">Its private key.</param>
/// <param name="Ca">The certificate authorities that issued the certificates of all nodes: roots, and what may stand between.</param>
public sealed record ClusterTlsSettings(string Certificate, string Key, string Ca);
