using System.Reflection;
using DataLoad.Host.Hocon;

namespace DataLoad.Host.Settings;

/// <summary>Loads the settings: the built-in reference, files over it, and the environment where it is asked for.</summary>
public static class SettingsLoader
{
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
    ];

    /// <summary>The built-in reference's text.</summary>
    public static string Reference
    {
        get
        {
            using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ReferenceName)
                ?? throw new InvalidOperationException($"The program was built without {ReferenceName}.");
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Loads the tree of settings.</summary>
    /// <exception cref="HoconException">A file is not one, or has an unknown key.</exception>
    public static HoconConfig Load(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment) =>
        HoconConfig.Load(Reference, ReferenceName, files, environment).RequireKnownKeys(OpenMaps);
}
