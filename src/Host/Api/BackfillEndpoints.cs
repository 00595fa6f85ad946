using System.Text.Json.Serialization;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Api;

/// <summary>How the past of metrics and breakdowns is coming on, and having that stop and go on.</summary>
internal static class BackfillEndpoints
{
    private const string Path = "/backfill";

    public static void Map(RouteGroupBuilder api, ApiServices services)
    {
        api.MapRead(Path, ApiJson.Default.BackfillReport, context => ShowAsync(services, context));
        Map(api, services, "stop", () => services.NowMs);
        Map(api, services, "resume", () => null);
    }

    private static void Map(RouteGroupBuilder api, ApiServices services, string action, Func<long?> stopMs) =>
        api.MapWrite(HttpMethods.Post, $"{Path}/{action}", ApiJson.Default.BackfillReport, async context =>
        {
            await services.Audit.RunAsync(
                context, $"backfill.{action}", "", "", () => services.Store.Declarations.SetStopAsync(stopMs(), context.RequestAborted).AsTask());
            return await ShowAsync(services, context);
        });

    private static async Task<BackfillReport> ShowAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        BackfillReport.Running[] own = [.. services.Node.Registry.Partitions.Where(status => status.Backfill is not null).Select(BackfillReport.Running.Of)];
        if (query.Flag(PeerEvents.LocalParameter))
        {
            return new BackfillReport(null, services.Settings.Engine.Partitions.Partitions, [], own);
        }

        bool isAll = query.Flag("all");
        IReadOnlyList<Declaration> declared = await services.Store.Declarations.ListAsync(context.RequestAborted);
        long? stoppedAt = await services.Store.Declarations.FindStopAsync(context.RequestAborted);
        (IReadOnlyList<BackfillReport> others, IReadOnlyDictionary<string, string>? away) = declared.All(known => known.IsComplete) ? ([], null)
            : await PeerAnswers.AskAsync(services, context, Path, ApiJson.Default.BackfillReport);
        return new BackfillReport(
            stoppedAt,
            services.Settings.Engine.Partitions.Partitions,
            [.. declared.Where(known => isAll || !known.IsComplete || known.LacksBeforeMs > 0).Select(known => BackfillReport.Item.Of(known, services.Declared))],
            [.. own.Concat(others.SelectMany(other => other.Partitions)).OrderBy(running => running.Shard)],
            away);
    }
}

/// <summary>How the past is coming on.</summary>
/// <param name="StoppedAt">Since when it is stopped on request, in epoch ms; null where it is not.</param>
/// <param name="Shards">How many Partitions there are.</param>
/// <param name="Items">What is not complete, and what lacks something for good.</param>
/// <param name="Partitions">Partitions that compute, or cannot.</param>
/// <param name="Away">Nodes whose Partitions are not among them, and why; null where all are.</param>
internal sealed record BackfillReport(long? StoppedAt, int Shards, IReadOnlyList<BackfillReport.Item> Items, IReadOnlyList<BackfillReport.Running> Partitions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Away = null)
{
    /// <summary>A metric or a breakdown.</summary>
    internal sealed record Item(string Name, string Kind, string? Page, string Table, string? Column, string? By, bool Complete, int ShardsDone, long? Since, long? LacksBefore)
    {
        public static Item Of(Declaration declaration, Catalog catalog)
        {
            StatisticsTable? table = catalog.Pages.SelectMany(page => page.Tables).FirstOrDefault(table => string.Equals(table.Name, declaration.Table, StringComparison.Ordinal));
            return new Item(
                declaration.Name, declaration.Column is null ? "breakdown" : "metric", table?.Page.Name, declaration.Table, declaration.Column, table?.Breakdown?.Name(),
                declaration.IsComplete, declaration.Backfilled, declaration.SinceMs == 0 ? null : declaration.SinceMs,
                declaration.LacksBeforeMs == 0 ? null : declaration.LacksBeforeMs);
        }
    }

    /// <summary>A Partition: how many times its journal was read or is being read, how far this time, of how much, and for how many Counters it is done.</summary>
    internal sealed record Running(int Shard, string Node, string State, IReadOnlyList<string> Names, int? Pass, long? Read, long? Through, int? Counters, string? Error)
    {
        public static Running Of(PartitionStatus status)
        {
            BackfillStatus backfill = status.Backfill!;
            return new Running(
                status.Partition, status.Node, backfill.Error is not null ? "failing" : backfill.IsStopped ? "stopped" : "computing", backfill.Names,
                backfill.Progress?.Pass, backfill.Progress?.Read, backfill.Progress?.Through, backfill.Progress?.Counters, backfill.Error);
        }
    }
}
