using System.Collections.Immutable;

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
        new()
        {
            Id = 1,
            Name = "bear.visit",
            Exchange = "ex.data.load.visit",
            Queue = "queue.data.load.bear.visit.cnt",
            Page = "bear",
            OwnFields = [new("userRecordId", FieldKind.Int32) { Required = true }],
            BareKey = "userRecordId",
            Lookups = [Steps.UserRecord],
            BusinessKeyStep = 0,
            TimeFromRow = true,
            Contributions = [Contribution.One("visit_cnt"), Contribution.User("visit_user_cnt")],
        },
        new()
        {
            Id = 2,
            Name = "bear.share",
            Exchange = "ex.data.load.share",
            Queue = "queue.data.load.bear.share.cnt",
            Page = "bear",
            Contributions = [Contribution.One("share_cnt"), Contribution.User("share_user_cnt")],
        },
    ];
}
