using DataLoad.Engine.Operating;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>The audit log.</summary>
internal static class AuditEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead(
        "/audit",
        async context =>
        {
            var query = new ApiQuery(context.Request.Query);
            IReadOnlyList<AuditEntry> entries = await services.Store.Audit.ReadAsync(query.Long("before", 1, long.MaxValue), query.Text("action", 100),
                query.Limit, context.RequestAborted);
            return Results.Json(
                new AuditPage(
                    [.. entries.Select(entry => new AuditPage.Entry(entry.Id, entry.AtMs, entry.Node, entry.Actor, entry.Action, entry.Target, entry.Detail,
                        entry.Outcome))],
                    entries.Count == query.Limit ? entries[^1].Id : null),
                ApiJson.Default.AuditPage);
        },
        AccessPolicy.Operator);
}
