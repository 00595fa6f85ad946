using System.Collections.Immutable;
using static DataLoad.Engine.Contract.Contribution;

namespace DataLoad.Engine.Contract;

/// <summary>The landing page (<c>data_load_bear</c>) and its streams.</summary>
internal static class BearPage
{
    public static Page Page { get; } = new()
    {
        Id = 1,
        Name = "bear",
        Table = "data_load_bear",
        Metrics = [Metric.Count("visit_cnt"), Metric.Distinct("visit_user_cnt"), Metric.Count("share_cnt"), Metric.Distinct("share_user_cnt")],
    };

    public static ImmutableArray<StreamDefinition> Streams { get; } =
    [
        Steps.OfUserRecord(1, "bear.visit", "ex.data.load.visit", "queue.data.load.bear.visit.cnt", "bear", One("visit_cnt"), User("visit_user_cnt")),
        Steps.OfMessage(2, "bear.share", "ex.data.load.share", "queue.data.load.bear.share.cnt", "bear", One("share_cnt"), User("share_user_cnt")),
    ];
}
