using System.Reflection;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>The API's own description, as YAML and JSON. It tells nothing of the node.</summary>
internal static class DescriptionEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        string yaml = Read("openapi.yaml");
        string json = Read("openapi.json");
        api.MapRead("/openapi.yaml", _ => Task.FromResult(Results.Text(yaml, "application/yaml")), AccessPolicy.Open);
        api.MapRead("/openapi.json", _ => Task.FromResult(Results.Text(json, "application/json")), AccessPolicy.Open);
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
