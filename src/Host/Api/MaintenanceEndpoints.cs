using DataLoad.Engine.Operating;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Access;

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

/// <summary>Effective settings, and what is logged.</summary>
internal static class SettingEndpoints
{
    private const int MaxCategories = 100;

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead("/settings", context =>
        {
            string? search = new ApiQuery(context.Request.Query).Text("search", 100);
            return Task.FromResult(Results.Json(
                new SettingList([.. services.Settings.Effective.Concat(services.Settings.Akka.FindChanged())
                    .Where(setting => search is null || setting.Path.Contains(search, StringComparison.OrdinalIgnoreCase))
                    .Select(setting => new SettingList.Setting(setting.Path, setting.Value, setting.Origin.ToString()))]),
                ApiJson.Default.SettingList));
        });
        api.MapRead("/log-levels", _ => Task.FromResult(Levels(services)));
        api.MapWrite(HttpMethods.Put, "/log-levels", context => SetAsync(services, context));
    }

    private static async Task<IResult> SetAsync(ApiServices services, HttpContext context)
    {
        LogLevelChange change = await ApiBody.ReadAsync(context, ApiJson.Default.LogLevelChange);
        if (change.Category is { Length: 0 or > 200 } || (change.Category is not null && services.LogLevels.Categories.Count >= MaxCategories
            && !services.LogLevels.Categories.ContainsKey(change.Category)))
        {
            throw ApiProblem.Bad($"category: expected 1 to 200 characters, and at most {MaxCategories} categories.");
        }

        LogLevel? level = change.Level is null ? null : LevelOf(change.Level);
        await services.Audit.RunAsync(context, "log-level", change.Category ?? "", change.Level ?? "back to the start's", () =>
        {
            services.LogLevels.Set(change.Category, level);
            return Task.FromResult("");
        });
        return Levels(services);
    }

    private static LogLevel LevelOf(string level) => level switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "information" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "none" => LogLevel.None,
        _ => throw ApiProblem.Bad($"level = {level}: expected trace, debug, information, warning, error or none."),
    };

    private static IResult Levels(ApiServices services) => Results.Json(
        new LogLevelList(Show(services.LogLevels.Default),
            services.LogLevels.Categories.ToDictionary(entry => entry.Key, entry => Show(entry.Value), StringComparer.Ordinal)),
        ApiJson.Default.LogLevelList);

    private static string Show(LogLevel level) => level.ToString().ToLowerInvariant();
}

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

/// <summary>Something was done.</summary>
internal sealed record OperationResult(bool Done, long ElapsedMs);

/// <summary>A page of the audit log.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditPage.Entry> Entries, long? Next)
{
    /// <summary>An entry.</summary>
    internal sealed record Entry(long Id, long At, string Node, string Actor, string Action, string Target, string Detail, string Outcome);
}

/// <summary>Effective settings.</summary>
internal sealed record SettingList(IReadOnlyList<SettingList.Setting> Settings)
{
    /// <summary>A setting.</summary>
    internal sealed record Setting(string Path, string Value, string Origin);
}

/// <summary>What is logged.</summary>
internal sealed record LogLevelList(string Default, IReadOnlyDictionary<string, string> Categories);

/// <summary>A change of what is logged.</summary>
internal sealed record LogLevelChange(string? Category, string? Level);
