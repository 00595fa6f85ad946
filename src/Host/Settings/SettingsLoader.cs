using System.Reflection;
using DataLoad.Engine.Clustering;

namespace DataLoad.Host.Settings;

/// <summary>Loads the settings: the built-in references, files over them, and the environment where it is asked for.</summary>
public static class SettingsLoader
{
    /// <summary>The name that values of <c>akka.conf</c> bear as their origin.</summary>
    internal const string AkkaName = "akka.conf";

    private const string ReferenceName = "reference.conf";

    /// <summary>The places of the reference whose keys are free, or follow a template.</summary>
    private static readonly HoconOpenMap[] OpenMaps =
    [
        new("dataload.streams.*", "dataload.stream-defaults"),
        new("dataload.streams.*.queries"),
        new("dataload.streams.*.queue-arguments"),
        new("dataload.stream-defaults.queries"),
        new("dataload.stream-defaults.queue-arguments"),
        new("dataload.queries"),
        new("akka"),
    ];

    /// <summary>Loads the tree of settings. What it has below <c>akka</c> is not judged yet; <see cref="AkkaSettings"/> does.</summary>
    /// <exception cref="HoconException">A file is not one, or has an unknown key.</exception>
    public static HoconConfig Load(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) => HoconConfig.Load(
        [
            (ReferenceName, Read(Assembly.GetExecutingAssembly(), ReferenceName)),
            (AkkaName, Read(typeof(EngineSettings).Assembly, AkkaName)),
        ],
        files,
        environment).RequireKnownKeys(OpenMaps);

    private static string Read(Assembly assembly, string name)
    {
        using Stream stream = assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{assembly.GetName().Name} was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
