using DataLoad.Engine.Clustering;

namespace DataLoad.Host.Settings;

/// <summary>Reads <c>dataload.cluster</c>.</summary>
internal static class ClusterBinder
{
    private const int MaxPort = 65_535;

    private static readonly string[] TlsSettings = ["dataload.cluster.tls.certificate", "dataload.cluster.tls.key", "dataload.cluster.tls.ca"];

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
        StorePatience = config.GetDuration("dataload.cluster.store-patience", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        JoinTimeout = config.GetDuration("dataload.cluster.join-timeout", TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        Tls = BindTls(config),
        Insecure = config.GetBool("dataload.cluster.insecure"),
    };

    private static TimeSpan BindTimeToLive(HoconConfig config)
    {
        TimeSpan interval = config.GetDuration("dataload.cluster.heartbeat-interval");
        TimeSpan time = config.GetDuration("dataload.cluster.time-to-live", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        return time >= 2 * interval ? time
            : throw config.Get("dataload.cluster.time-to-live").Fail($"at least twice dataload.cluster.heartbeat-interval, {interval.TotalSeconds:0.###}s");
    }

    private static ClusterTlsSettings? BindTls(HoconConfig config)
    {
        HoconValue[] files = [.. TlsSettings.Select(config.Get)];
        if (files.All(file => file.AsString().Length == 0))
        {
            return null;
        }

        return files.FirstOrDefault(file => file.AsString().Length == 0) is { } missing
            ? throw missing.Refuse("is empty, and one of its neighbours is not: certificate, key and ca of dataload.cluster.tls go together. Name the file, or "
                + "leave all three empty.")
            : new ClusterTlsSettings(files[0].AsString(), files[1].AsString(), files[2].AsString());
    }
}
