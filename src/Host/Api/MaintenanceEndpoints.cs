using DataLoad.Engine.Operating;
using DataLoad.Engine.Partitions;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>Flush and checkpoint on demand.</summary>
internal static class MaintenanceEndpoints
{
    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        Map(api, services, "flush", (partitions, cancellationToken) => partitions.FlushAsync(cancellationToken));
        Map(api, services, "checkpoint", (partitions, cancellationToken) => partitions.CheckpointAsync(cancellationToken));
    }

    private static void Map(RouteGroupBuilder api, ApiServices services, string action, Func<PartitionClient, CancellationToken, Task> work) =>
        api.MapWrite(HttpMethods.Post, $"/{action}", ApiJson.Default.OperationResult, async context =>
        {
            PartitionClient partitions = services.Node.IsServing && services.Node.Partitions is { } owned ? owned : throw ApiProblem.NotServing();
            long start = services.Time.GetTimestamp();
            await services.Audit.RunAsync(context, action, "", "", () => work(partitions, context.RequestAborted));
            return new OperationResult(Done: true, (long)services.Time.GetElapsedTime(start).TotalMilliseconds);
        });
}

/// <summary>Effective settings, and what is logged.</summary>
internal static class SettingEndpoints
{
    private const int MaxCategories = 100;

    private static readonly LogLevel[] Settable = [LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.None];

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapReadOfNode(services, "/settings", ApiJson.Default.SettingList, context =>
        {
            string? search = new ApiQuery(context.Request.Query).Text("search", 100);
            return new SettingList([.. services.Settings.FindEffective().Concat(services.Settings.Akka.FindChanged())
                .Where(setting => search is null || setting.Path.Contains(search, StringComparison.OrdinalIgnoreCase))
                .Select(setting => new SettingList.Setting(setting.Path, setting.Value, setting.Origin.ToString()))]);
        });
        api.MapReadOfNode(services, "/log-levels", ApiJson.Default.LogLevelList, _ => Levels(services));
        api.MapWriteOfNode(services, HttpMethods.Put, "/log-levels", ApiJson.Default.LogLevelList, context => SetAsync(services, context));
    }

    private static async Task<LogLevelList> SetAsync(ApiServices services, HttpContext context)
    {
        LogLevelChange change = await ApiBody.ReadAsync(context, ApiJson.Default.LogLevelChange);
        if (change.Category is { Length: 0 or > 200 } || (change.Category is not null && services.LogLevels.Categories.Count >= MaxCategories
            && !services.LogLevels.Categories.ContainsKey(change.Category)))
        {
            throw ApiProblem.Bad($"category: expected 1 to 200 characters, and at most {MaxCategories} categories.");
        }

        LogLevel? level = change.Level is null ? null
            : Settable.Where(known => string.Equals(Show(known), change.Level, StringComparison.Ordinal)).Select(known => (LogLevel?)known).FirstOrDefault()
            ?? throw ApiProblem.Bad($"level = {change.Level}: expected trace, debug, information, warning, error or none.");
        await services.Audit.RunAsync(context, "log-level", change.Category ?? "", change.Level ?? "back to the start's", () =>
        {
            services.LogLevels.Set(change.Category, level);
            return Task.CompletedTask;
        });
        return Levels(services);
    }

    private static LogLevelList Levels(ApiServices services) => new(Show(services.LogLevels.Default),
        services.LogLevels.Categories.ToDictionary(entry => entry.Key, entry => Show(entry.Value), StringComparer.Ordinal));

    private static string Show(LogLevel level) => level.ToString().ToLowerInvariant();
}

/// <summary>The audit log.</summary>
internal static class AuditEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/audit", ApiJson.Default.AuditPage, async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        IReadOnlyList<AuditEntry> entries = await services.Store.Audit.ReadAsync(query.Long("before", 1, long.MaxValue), query.Text("action", 100),
            query.Limit, context.RequestAborted);
        return new AuditPage([.. entries.Select(AuditPage.Entry.Of)], entries.Count == query.Limit ? entries[^1].Id : null);
    }, AccessPolicy.Operator);
}

/// <summary>Something was done.</summary>
internal sealed record OperationResult(bool Done, long ElapsedMs);

/// <summary>A page of the audit log.</summary>
internal sealed record AuditPage(IReadOnlyList<AuditPage.Entry> Entries, long? Next)
{
    internal sealed record Entry(long Id, long At, string Node, string Actor, string Action, string Target, string Detail, string Outcome)
    {
        public static Entry Of(AuditEntry entry) =>
            new(entry.Id, entry.AtMs, entry.Node, entry.Actor, entry.Action, entry.Target, entry.Detail, entry.Outcome);
    }
}

/// <summary>Effective settings.</summary>
internal sealed record SettingList(IReadOnlyList<SettingList.Setting> Settings)
{
    internal sealed record Setting(string Path, string Value, string Origin);
}

/// <summary>What is logged.</summary>
internal sealed record LogLevelList(string Default, IReadOnlyDictionary<string, string> Categories);

/// <summary>A change of what is logged.</summary>
internal sealed record LogLevelChange(string? Category, string? Level);
