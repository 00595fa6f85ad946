using DataLoad.Engine.Sharding;

namespace DataLoad.Host.Api;

/// <summary>Flush and checkpoint on demand.</summary>
internal static class MaintenanceEndpoints
{
    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapWrite(HttpMethods.Post, "/flush", context => RunAsync(services, context, "flush", region => region.FlushAsync()));
        api.MapWrite(HttpMethods.Post, "/checkpoint", context => RunAsync(services, context, "checkpoint", region => region.KeepAsync()));
    }

    private static async Task<IResult> RunAsync(ApiServices services, HttpContext context, string action, Func<ShardRegion, Task> work)
    {
        ShardRegion region = services.Node.IsServing && services.Node.Region is { } owned ? owned : throw ApiProblem.NotServing();
        long start = services.Time.GetTimestamp();
        await services.Audit.RunAsync(context, action, "", "", async () =>
        {
            await work(region).WaitAsync(context.RequestAborted);
            return "";
        });
        return Results.Json(new OperationResult(Done: true, (long)services.Time.GetElapsedTime(start).TotalMilliseconds), ApiJson.Default.OperationResult);
    }
}
