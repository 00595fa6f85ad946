namespace DataLoad.Host.Api;

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
