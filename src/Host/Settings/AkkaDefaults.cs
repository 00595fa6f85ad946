using System.Reflection;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Coordination;
using Akka.DistributedData;
using Akka.Persistence;
using Akka.Remote;
using Akka.Streams;
using DataLoad.Host.Hocon.Schema;
using AkkaValue = Akka.Configuration.Hocon.HoconValue;

namespace DataLoad.Host.Settings;

/// <summary>The defaults of Akka's packages, from the files that each of them carries.</summary>
internal static class AkkaDefaults
{
    /// <summary>Objects whose keys are names that a user chooses.</summary>
    private static readonly string[][] OpenMaps =
    [
        ["akka", "actor", "serializers"],
        ["akka", "actor", "serialization-bindings"],
        ["akka", "cluster", "role"],
        ["akka", "persistence", "dispatchers"],
        ["akka", "coordinated-shutdown", "phases"],
    ];

    /// <summary>Objects that take what they leave out from another.</summary>
    private static readonly (string[] Plugin, string[] Fallback)[] Fallbacks =
    [
        (["akka", "persistence", "journal", "sql"], ["akka", "persistence", "journal-plugin-fallback"]),
        (["akka", "persistence", "snapshot-store", "sql"], ["akka", "persistence", "snapshot-store-plugin-fallback"]),
    ];

    private static readonly Assembly[] Packages =
    [
        typeof(ActorSystem).Assembly,
        typeof(PhiAccrualFailureDetector).Assembly,
        typeof(Akka.Cluster.Cluster).Assembly,
        typeof(ClusterSingletonManager).Assembly,
        typeof(ClusterSharding).Assembly,
        typeof(DistributedData).Assembly,
        typeof(Lease).Assembly,
        typeof(Persistence).Assembly,
        Assembly.Load("Akka.Persistence.Sql"),
        typeof(ActorMaterializer).Assembly,
    ];

    private static readonly Lazy<AkkaValue[]> Roots = new(() => [.. Packages.SelectMany(ReadAll).Select(text => ConfigurationFactory.ParseString(text).Root)]);

    /// <summary>A default as text, a list in brackets; null where there is none.</summary>
    public static string? Find(string[] path) => FindValue(path) switch
    {
        null => null,
        { } value when value.IsArray() => $"[{string.Join(", ", value.GetArray().Select(item => item.GetString()))}]",
        { } value when value.IsObject() => null,
        { } value => value.GetString(),
    };

    /// <summary>What is wrong with a key, and which was probably meant; null where a package knows it.</summary>
    public static string? FindUnknown(string[] path)
    {
        if (FindValue(path) is not null || OpenMaps.Any(map => path.AsSpan().StartsWith(map)))
        {
            return null;
        }

        int known = Enumerable.Range(0, path.Length).Last(length => FindValue(path[..length]) is not null);
        string? nearest = HoconSuggestion.Nearest(path[known], Roots.Value.SelectMany(root => KeysBelow(root, path[..known])));
        string? suggestion = nearest is null ? null : HoconPath.Render([.. path[..known], nearest]);
        return $"{HoconPath.Render(path)} is not a setting that Akka knows{HoconSuggestion.Ask(suggestion)}";
    }

    private static AkkaValue? FindValue(string[] path)
    {
        AkkaValue? value = Roots.Value.Select(root => Below(root, path)).FirstOrDefault(found => found is not null);
        (string[] Plugin, string[] Fallback) plugin = Fallbacks.FirstOrDefault(pair => path.AsSpan().StartsWith(pair.Plugin));
        return value is null && plugin.Plugin is not null ? FindValue([.. plugin.Fallback, .. path[plugin.Plugin.Length..]]) : value;
    }

    private static AkkaValue? Below(AkkaValue root, string[] path) => path.Aggregate((AkkaValue?)root, static (value, key) =>
        value?.IsObject() == true && value.GetObject().Items.TryGetValue(key, out AkkaValue? below) ? below : null);

    private static IEnumerable<string> KeysBelow(AkkaValue root, string[] path) =>
        Below(root, path) is { } value && value.IsObject() ? value.GetObject().Items.Keys : [];

    private static IEnumerable<string> ReadAll(Assembly package)
    {
        foreach (string name in package.GetManifestResourceNames().Where(name => name.EndsWith(".conf", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(package.GetManifestResourceStream(name)!);
            yield return reader.ReadToEnd();
        }
    }
}
