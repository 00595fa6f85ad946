using DataLoad.Engine.Partitions;

namespace DataLoad.Host.Api;

/// <summary>Flush and checkpoint on demand.</summary>
internal static class MaintenanceEndpoints
{
    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapWrite(HttpMethods.Post, "/flush", context => RunAsync(services, context, "flush", (partitions, token) => partitions.FlushAsync(token)));
        api.MapWrite(HttpMethods.Post, "/checkpoint", context => RunAsync(services, context, "checkpoint", (partitions, token) => partitions.CheckpointAsync(token)));
    }

    private static async Task<IResult> RunAsync(ApiServices services, HttpContext context, string action, Func<PartitionClient, CancellationToken, Task> work)
    {
        PartitionClient partitions = services.Node.IsServing && services.Node.Partitions is { } owned ? owned : throw ApiProblem.NotServing();
        long start = services.Time.GetTimestamp();
        await services.Audit.RunAsync(context, action, "", "", async () =>
        {
            await work(partitions, context.RequestAborted);
            return "";
        });
        return Results.Json(new OperationResult(Done: true, (long)services.Time.GetElapsedTime(start).TotalMilliseconds), ApiJson.Default.OperationResult);
    }
}
