using DataLoad.Engine.Clustering;

namespace DataLoad.Host.Settings;

/// <summary>Reads <c>dataload.cluster</c>.</summary>
internal static class ClusterBinder
{
    private const int MaxPort = 65_535;

    /// <exception cref="HoconException">A value is not what is expected.</exception>
    public static ClusterSettings Bind(HoconConfig config) => new()
    {
        Hostname = config.GetString("dataload.cluster.hostname") is { Length: > 0 } hostname ? hostname
            : throw config.Get("dataload.cluster.hostname").Fail("an address or a host name of this machine, such as 127.0.0.1"),
        Port = config.GetInt("dataload.cluster.port", 0, MaxPort),
        AdvertisedHostname = config.GetString("dataload.cluster.advertised-hostname"),
        AdvertisedPort = config.GetInt("dataload.cluster.advertised-port", 0, MaxPort),
    };
}
