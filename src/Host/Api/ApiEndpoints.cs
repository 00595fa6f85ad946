using System.Reflection;
using DataLoad.Host.Access;
using DataLoad.Host.Web;

namespace DataLoad.Host.Api;

/// <summary>The HTTP API, version 1. Each resource has a file.</summary>
internal static class ApiEndpoints
{
    public const string Root = "/api/v1";

    public static void Map(WebApplication app, ApiServices services)
    {
        RouteGroupBuilder api = app.MapGroup(Root);
        api.AddEndpointFilter(ApiErrors.CatchAsync);
        DescriptionEndpoints.Map(api);
        NodeEndpoints.Map(api, services);
        StreamEndpoints.Map(api, services);
        CounterEndpoints.Map(api, services);
        TopicEndpoints.Map(api, services);
        MaintenanceEndpoints.Map(api, services);
        TailEndpoint.Map(api, services);
        LiveEndpoint.Map(api, services);
        DeadLetterEndpoints.Map(api, services);
        JournalEndpoint.Map(api, services);
        SettingEndpoints.Map(api, services);
        AuditEndpoint.Map(api, services);
        app.MapFallback("/api/{**path}", (HttpContext context) => Results.Problem($"There is no {context.Request.Method} {context.Request.Path}; "
            + $"{Root}/openapi.yaml describes what there is.", statusCode: StatusCodes.Status404NotFound)).WithAccess(AccessPolicy.Reader);
    }

    /// <summary>An endpoint that reads.</summary>
    public static void MapRead(this RouteGroupBuilder api, string path, Func<HttpContext, Task<IResult>> answer, AccessPolicy policy = AccessPolicy.Reader) =>
        api.MapGet(path, answer).WithAccess(policy);

    /// <summary>An endpoint that changes something.</summary>
    public static void MapWrite(this RouteGroupBuilder api, string method, string path, Func<HttpContext, Task<IResult>> answer) =>
        api.MapMethods(path, [method], answer).WithAccess(AccessPolicy.Operator);
}

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
