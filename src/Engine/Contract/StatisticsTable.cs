using System.Collections.Immutable;

namespace DataLoad.Engine.Contract;

/// <summary>One statistics table: a page's own, a row per topic and day, or that of a breakdown, a row per topic, day and value.</summary>
/// <param name="Page">The page whose metrics it has.</param>
/// <param name="Breakdown">The breakdown, or null in the page's own.</param>
public sealed record StatisticsTable(Page Page, Breakdown? Breakdown = null)
{
    /// <summary>The table's exact name.</summary>
    public string Name => Breakdown is { } breakdown ? $"{Page.Table}{breakdown.TableSuffix()}" : Page.Table;

    /// <summary>The columns of its primary key.</summary>
    public ImmutableArray<string> Key => Breakdown switch
    {
        null => ["topic_type", "topic_id", "stat_date"],
        { } breakdown when breakdown.IdColumn() is { } id => ["topic_type", "topic_id", "stat_date", breakdown.TextColumn(), id],
        { } breakdown => ["topic_type", "topic_id", "stat_date", breakdown.TextColumn()],
    };

    /// <summary>A page's own table.</summary>
    public static implicit operator StatisticsTable(Page page) => FromPage(page);

    /// <summary>A page's own table.</summary>
    public static StatisticsTable FromPage(Page page) => new(page);
}
