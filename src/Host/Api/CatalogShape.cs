namespace DataLoad.Host.Api;

/// <summary>The pages and streams.</summary>
internal sealed record CatalogShape(IReadOnlyList<CatalogShape.PageShape> Pages, IReadOnlyList<CatalogShape.StreamEntry> Streams)
{
    /// <summary>A page.</summary>
    internal sealed record PageShape(string Name, string Table, IReadOnlyList<MetricShape> Metrics);

    /// <summary>A metric.</summary>
    internal sealed record MetricShape(string Column, string Kind);

    /// <summary>A stream.</summary>
    internal sealed record StreamEntry(string Name, string Page, string Exchange, string Queue, bool Enabled);
}
