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
        api.Reads("/openapi.yaml", _ => Task.FromResult(Results.Text(yaml, "application/yaml")), AccessDoor.Open);
        api.Reads("/openapi.json", _ => Task.FromResult(Results.Text(json, "application/json")), AccessDoor.Open);
    }

    private static string Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The program was built without {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
