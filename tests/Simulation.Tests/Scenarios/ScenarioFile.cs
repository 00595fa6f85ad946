using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;

namespace DataLoad.Simulation.Tests.Scenarios;

/// <summary>Scenarios as files: a scenario that once failed is kept whatever becomes of the maker of scenarios.</summary>
internal static class ScenarioFile
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    public static Scenario Read(string path) => JsonSerializer.Deserialize<Scenario>(File.ReadAllText(path), s_options)
        ?? throw new InvalidDataException($"{path} holds no scenario.");

    /// <summary>Writes a scenario, without the events that nothing tells of.</summary>
    public static void Write(string path, Scenario scenario)
    {
        HashSet<int> used = [.. scenario.Publishings.Select(publishing => publishing.Event)];
        Scenario kept = scenario with { Events = [.. scenario.Events.Where(one => used.Contains(one.Number))] };
        File.WriteAllText(path, JsonSerializer.Serialize(kept, s_options) + "\n");
    }
}
