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
        HeartbeatInterval = config.GetDuration("dataload.cluster.heartbeat-interval", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        TimeToLive = BindTimeToLive(config),
        JoinTimeout = config.GetDuration("dataload.cluster.join-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
    };

    private static TimeSpan BindTimeToLive(HoconConfig config)
    {
        TimeSpan interval = config.GetDuration("dataload.cluster.heartbeat-interval");
        TimeSpan time = config.GetDuration("dataload.cluster.time-to-live", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        return time >= 2 * interval ? time
            : throw config.Get("dataload.cluster.time-to-live").Fail($"at least twice dataload.cluster.heartbeat-interval, {interval.TotalSeconds:0.###}s");
    }
}
