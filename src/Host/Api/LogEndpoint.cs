using DataLoad.Host.Access;
using DataLoad.Host.Watching;

namespace DataLoad.Host.Api;

/// <summary>The node's log: its last lines, and then what comes. It takes an operator, for a line may name addresses and users.</summary>
internal static class LogEndpoint
{
    private const int UsualLines = 20;

    private static readonly LogLevel[] Levels =
        [LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error, LogLevel.Critical];

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapWatchOfNode(services, "/log/tail", context =>
    {
        if (services.Log.Capacity == 0)
        {
            throw ApiProblem.NotFound("dataload.log.kept-lines is 0, so that the node does not show its log: set it to how many lines are to be kept.");
        }

        var query = new ApiQuery(context.Request.Query);
        string level = query.OneOf("level", [.. Levels.Select(LogEntry.Show)]);
        LogLevel least = Levels.First(known => string.Equals(LogEntry.Show(known), level, StringComparison.Ordinal));
        string category = query.Text("category", 200) ?? "";
        int lines = query.Int("lines", 0, LogSettings.MaxKeptLines) ?? UsualLines;
        return Watch.RunAsync(services, context, (events, token) => RunAsync(services, events, Wanted, lines, token));

        bool Wanted(LogLine line) => line.Level >= least && line.Category.StartsWith(category, StringComparison.Ordinal);
    }, AccessPolicy.Operator);

    private static async Task RunAsync(ApiServices services, EventStream events, Func<LogLine, bool> filter, int lines, CancellationToken cancellationToken)
    {
        RecentLog.LeaveOutThisFlow();
        using RecentLog.Watch watch = services.Log.Begin(filter, lines, services.Settings.Http.TailLines);
        foreach (LogLine line in watch.Last)
        {
            await WriteAsync(line);
        }

        await events.FlushAsync(cancellationToken);
        Task<bool> more = watch.Lines.WaitToReadAsync(cancellationToken).AsTask();
        while (true)
        {
            await Task.WhenAny(more, Task.Delay(Beat, services.Time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            bool any = more.IsCompleted;
            while (watch.Lines.TryRead(out LogNews news))
            {
                await SayDroppedAsync(news.Dropped);
                await WriteAsync(news.Line);
            }

            more = any ? watch.Lines.WaitToReadAsync(cancellationToken).AsTask() : more;
            await SayDroppedAsync(watch.TakeDropped());
            await (any ? events.FlushAsync(cancellationToken) : events.BeatAsync(cancellationToken));
        }

        Task SayDroppedAsync(long count) => count == 0 ? Task.CompletedTask
            : events.WriteAsync("dropped", new DroppedEvents(count), ApiJson.Default.DroppedEvents, cancellationToken);

        Task WriteAsync(LogLine line) => events.WriteAsync("line", LogEntry.Of(line), ApiJson.Default.LogEntry, cancellationToken);
    }
}

/// <summary>A line of the log, as it is sent.</summary>
internal sealed record LogEntry(long Time, string Level, string Category, int EventId, string Message, string? Exception)
{
    public static LogEntry Of(LogLine line) =>
        new(line.Time.ToUnixTimeMilliseconds(), Show(line.Level), line.Category, line.EventId, line.Message, line.Exception);

    public static string Show(LogLevel level) => level.ToString().ToLowerInvariant();
}
