using DataLoad.Host.Access;
using DataLoad.Host.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>How the past is coming on, as a test says.</summary>
internal sealed class StubBackfill
{
    public const int Shards = 16;

    /// <summary>How many Partitions are done with the activities' parents; null where they are complete.</summary>
    public int? Parents { get; set; }

    /// <summary>How many Partitions are done with the activities' last metric; null where it is complete.</summary>
    public int? Metric { get; set; }

    /// <summary>Before which time the activities' first metric lacks events; null for none.</summary>
    public long? LacksBefore { get; set; }

    /// <summary>Since when it is stopped; null where it is not.</summary>
    public long? StoppedAt { get; set; }

    public void Map(WebApplication app, StubNode node)
    {
        app.MapGet("/api/v1/backfill", () => Results.Json(Report(), StubApi.Json)).WithAccess(AccessPolicy.Reader);
        app.MapPost("/api/v1/backfill/{action}", async (HttpContext context, string action) =>
        {
            await StubApi.ReadAsync(node, context);
            StoppedAt = string.Equals(action, "stop", StringComparison.Ordinal) ? StubApi.Now : null;
            return Results.Json(Report(), StubApi.Json);
        }).WithAccess(AccessPolicy.Operator);
    }

    private object Report() => new
    {
        stoppedAt = StoppedAt,
        shards = Shards,
        items = new[]
        {
            Parents is { } parents ? Item("data_load_act_date_by_parent", column: null, by: "parent", isComplete: false, parents, lacksBefore: null) : null,
            Metric is { } metric ? Item("data_load_act_date", StubTopics.LastOfActivities.Column, by: null, isComplete: false, metric, lacksBefore: null) : null,
            LacksBefore is { } before ? Item("data_load_act_date", "visit_cnt", by: null, isComplete: true, done: 0, before) : null,
        }.OfType<object>(),
        partitions = (Parents ?? Metric) is { } done ? Enumerable.Range(done, Shards - done).Select(shard => new
        {
            shard,
            node = shard < 8 ? "node-a" : "node-b",
            state = shard == Shards - 1 ? "failing" : StoppedAt is null ? "computing" : "stopped",
            names = new[] { "data_load_act_date_by_parent" },
            pass = shard == Shards - 1 ? (int?)null : 1,
            read = shard == Shards - 1 ? (long?)null : 100 * shard,
            through = shard == Shards - 1 ? (long?)null : 2000,
            counters = shard == Shards - 1 ? (int?)null : 0,
            error = shard == Shards - 1 ? "Block 7 of Partition 15 is damaged." : null,
        }) : [],
        away = Parents is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["node-c"] = "it did not answer within 2 s" },
    };

    private static object Item(string table, string? column, string? by, bool isComplete, int done, long? lacksBefore) => new
    {
        name = column is null ? table : $"{table}.{column}",
        kind = column is null ? "breakdown" : "metric",
        page = "act",
        table,
        column,
        by,
        complete = isComplete,
        shardsDone = done,
        since = column is null ? (long?)null : StubApi.Now - 3_600_000,
        lacksBefore,
    };
}
