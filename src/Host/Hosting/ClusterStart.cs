using DataLoad.Engine.Clustering;

namespace DataLoad.Host.Hosting;

/// <summary>Looks before an actor system is made whether it may speak to others as its settings say.</summary>
internal static class ClusterStart
{
    // As long as somebody may take to see it and to issue a new one.
    private static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    /// <exception cref="StartException">It may not, or its certificates cannot be used; the sentence says what to do.</exception>
    public static ClusterTls? Check(ClusterSettings settings)
    {
        try
        {
            return settings.Refusal is { } refusal ? throw new StartException(refusal) : ClusterTls.Load(settings, TimeProvider.System);
        }
        catch (ClusterTlsException e)
        {
            throw new StartException(e.Message);
        }
    }

    /// <summary>What is worth knowing of settings that a node may start with, a sentence each.</summary>
    public static IEnumerable<string> FindWarnings(ClusterSettings settings, ClusterTls? tls)
    {
        if (settings.IsOpen)
        {
            yield return $"dataload.cluster.insecure = true: whoever reaches {settings.Hostname} is let in as a node, and can read and change what is "
                + "counted. Set dataload.cluster.tls, unless nobody else is in that network.";
        }

        if (settings.Tls is { } files && ClusterTls.IsKeyOpenToOthers(files))
        {
            yield return $"dataload.cluster.tls.key = {files.Key} is open to others than its owner: chmod 600.";
        }

        if (tls is not null && tls.NotAfter - DateTimeOffset.UtcNow < Notice)
        {
            yield return $"dataload.cluster.tls.certificate = {settings.Tls!.Certificate} ends at {tls.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, when "
                + "other nodes no longer let this one in. Issue a new one, and start the node anew with it.";
        }
    }
}
