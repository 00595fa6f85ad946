using DataLoad.Engine.Counting;
using DataLoad.Engine.Explaining;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>A cell of a statistics table down to the events that made it.</summary>
internal static class ExplainEndpoint
{
    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/explain", ApiJson.Default.CellDetails, async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        Page page = query.Page(services.Catalog);
        TopicKey topic = query.Topic() ?? throw ApiProblem.Bad("type and id are missing: they name the topic.");
        DateOnly day = query.Day("day") ?? throw ApiProblem.Bad("day is missing: expected a day as 2026-11-24.");
        int metric = ApiQuery.MetricOf(page, "column", query.Text("column") ?? throw ApiProblem.Bad("column is missing: /api/v1/catalog lists them."));
        BreakdownValue? part = query.Text("by") is not { } by ? null
            : BreakdownValue.Parse(by) ?? throw ApiProblem.Bad($"by = {by}: expected parent=TYPE:ID, channel=TEXT or qr-code=TEXT.");
        var cell = new ExplainedId(page, new CounterId(page.Id, topic, day.DayNumber), metric, part);
        JournalPlace after = JournalEndpoint.PlaceOf(query);
        int limit = query.Limit;
        JournalReader journal = services.Node.Journal ?? throw ApiProblem.NotServing();
        if (!await services.Explanations.WaitAsync(TimeSpan.Zero, context.RequestAborted))
        {
            throw new ApiProblem(StatusCodes.Status429TooManyRequests,
                $"{services.Settings.Http.MaxExplanations} cells are being explained already (dataload.http.max-explanations): try again in a moment.");
        }

        try
        {
            return await services.Audit.RunAsync(context, "explain", $"{page.Name} {topic.Type}:{topic.Id} {day:yyyy-MM-dd} {page.Metrics[metric].Column}",
                part?.ToString() ?? "", () => ExplainAsync(services, journal, cell, after, limit, context.RequestAborted), _ => "");
        }
        finally
        {
            services.Explanations.Release();
        }
    }, AccessPolicy.Analyst);

    private static async Task<CellDetails> ExplainAsync(
        ApiServices services, JournalReader journal, ExplainedId cell, JournalPlace after, int limit, CancellationToken cancellationToken)
    {
        TopicKey topic = cell.Counter.Topic;
        int shard = topic.ShardOf(services.Settings.Engine.Partitions.Partitions);
        bool isAmount = cell.Page.Metrics[cell.Metric].Kind == MetricKind.Amount;

        // The row first: what it holds is in the journal by then.
        StatisticsRow? row = cell.Part is null ? await RowAsync(services, cell, cancellationToken) : null;
        var view = new EntryView(services.Catalog, users: true);
        var explanation = new CellExplanation(new CountingPlan(services.Catalog), journal, services.Store.Partitions, services.Store.Snapshots, services.Store.Declarations);
        ExplainedCell<CellDetails.CellEvent> found = await explanation.RunAsync(
            shard, cell, new ExplainedPage(after, limit, row?.SequenceNr),
            (decoder, addition) => new CellDetails.CellEvent(
                new CellValue(addition.Added, isAmount), new CellValue(addition.Value, isAmount), view.Show(decoder, addition.Index, shard)),
            cancellationToken);
        string[] reasons = [.. Lacking(services, found, shard), .. new[] { WhyNot(cell, found, row, isAmount) }.OfType<string>()];
        string? why = reasons.Length == 0 ? null : string.Join(' ', reasons);
        return new CellDetails
        {
            Page = cell.Page.Name,
            Type = topic.Type,
            Id = topic.Id,
            Day = DateOnly.FromDayNumber(cell.Counter.Day),
            Column = cell.Page.Metrics[cell.Metric].Column,
            By = cell.Part?.ToString(),
            Shard = shard,
            Value = new CellValue(found.Value, isAmount),
            Baseline = new CellValue(found.Baseline, isAmount),
            Added = new CellValue(found.Added, isAmount),
            Events = found.Events,
            Table = row is null ? null : new CellValue(row.Values[cell.Metric], isAmount),
            TableSequenceNr = row?.SequenceNr,
            BaselineSequenceNr = found.BaselineSequenceNr,
            LastSequenceNr = found.LastSequenceNr,
            LacksBefore = found.Lacking.Count == 0 ? null : found.Lacking.Max(lacking => lacking.LacksBeforeMs),
            Complete = why is null,
            Why = why,
            Items = found.Items,
            Next = found.Next?.ToString(),
        };
    }

    private static async Task<StatisticsRow?> RowAsync(ApiServices services, ExplainedId cell, CancellationToken cancellationToken)
    {
        CounterId id = cell.Counter;
        var filter = new StatisticsFilter(TopicType: id.Topic.Type, TopicId: id.Topic.Id, From: id.Day, To: id.Day);
        await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(cell.Page, filter, cancellationToken))
        {
            return row;
        }

        return null;
    }

    /// <summary>What the cell holds nothing of, though it was counted by what there was then.</summary>
    private static IEnumerable<string> Lacking<T>(ApiServices services, ExplainedCell<T> found, int shard) => found.Lacking.Select(lacking =>
        $"{lacking.Name} was declared when the journal of Partition {shard} had been trimmed: it holds nothing of what was journaled before "
        + $"{BusinessClock.Of(services).Time(lacking.LacksBeforeMs)}, and that is lacking for good.");

    /// <summary>Why what is listed does not add up to the cell; null where it does.</summary>
    private static string? WhyNot<T>(ExplainedId cell, ExplainedCell<T> found, StatisticsRow? row, bool isAmount)
    {
        string topic = $"{cell.Counter.Topic.Type}:{cell.Counter.Topic.Id}";
        return found.Baseline != 0 && cell.Part is not null
                ? $"The journal begins behind SequenceNr {found.BaselineSequenceNr}: {Text(found.Baseline)} of the whole cell were counted before or adopted, "
                    + "which has no parts, so that this part may lack some."
            : found.Baseline != 0
                ? $"The journal begins behind SequenceNr {found.BaselineSequenceNr}: {Text(found.Baseline)} of {Text(found.Value)} were counted before or adopted, "
                    + "and their events are not kept."
            : row is { SequenceNr: null }
                ? $"The row in {cell.Page.Table} was written by something else and holds {Text(row.Values[cell.Metric])}: dataload.statistics.adopt-existing-rows "
                    + "= true takes it over at the next start."
            : row is not null && row.Values[cell.Metric] != found.ValueAtRow
                ? $"The row in {cell.Page.Table} holds {Text(row.Values[cell.Metric])} at SequenceNr {row.SequenceNr}, where the journal gives "
                    + $"{Text(found.ValueAtRow ?? 0)}: 'dataload rebuild --topic {topic}' mends it."
            : null;

        string Text(long value) => new CellValue(value, isAmount).Text;
    }
}

/// <summary>A cell and the events that made it, a page of them.</summary>
internal sealed record CellDetails
{
    public required string Page { get; init; }
    public required string Type { get; init; }
    public required int Id { get; init; }
    public required DateOnly Day { get; init; }
    public required string Column { get; init; }
    public required string? By { get; init; }
    public required int Shard { get; init; }
    public required CellValue Value { get; init; }
    public required CellValue Baseline { get; init; }
    public required CellValue Added { get; init; }
    public required long Events { get; init; }
    public required CellValue? Table { get; init; }
    public required long? TableSequenceNr { get; init; }
    public required long BaselineSequenceNr { get; init; }
    public required long LastSequenceNr { get; init; }
    public required long? LacksBefore { get; init; }
    public required bool Complete { get; init; }
    public required string? Why { get; init; }
    public required IReadOnlyList<CellEvent> Items { get; init; }
    public required string? Next { get; init; }

    /// <summary>An event that changed the cell: what it added, and what the cell was then.</summary>
    internal sealed record CellEvent(CellValue Added, CellValue Value, CountedEvent Event);
}
