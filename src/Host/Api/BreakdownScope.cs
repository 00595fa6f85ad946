using DataLoad.Engine.Counting;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;

namespace DataLoad.Host.Api;

/// <summary>Which rows of a breakdown's table a request is about: a topic's, a value's, or both, over days.</summary>
internal sealed record BreakdownScope(
    StatisticsTable Table, Breakdown Breakdown, TopicKey? Topic, BreakdownValue? Value, DateOnly From, DateOnly To, int[] Metrics, StatisticsFilter Filter)
{
    /// <summary>Reads the question, and has the Partitions flush what they hold of it.</summary>
    public static async Task<BreakdownScope> OfAsync(ApiServices services, ApiQuery query, CancellationToken cancellationToken)
    {
        Page page = query.Page(services.Catalog);
        Breakdown breakdown = Breakdowns.Find(query.OneOf("by", [.. Enum.GetValues<Breakdown>().Select(known => known.Name())]))!.Value;
        var table = new StatisticsTable(page, breakdown);
        TopicKey? topic = query.Topic();
        // A value that is there and empty is that of the events without one.
        string? text = query.Text("value", 4000) ?? (query.Has("value") ? "" : null);
        BreakdownValue? value = text is null ? null : BreakdownValue.Parse($"{breakdown.Name()}={text}")
            ?? throw ApiProblem.Bad($"value = {text}: expected {(breakdown == Breakdown.Parent ? "TYPE:ID, as BEAR:3" : "a text")}.");
        if (topic is null && value is null)
        {
            throw ApiProblem.Bad("Neither a topic (type and id) nor a value is named: what led to a topic, or what a value led to, is asked for.");
        }

        (DateOnly from, DateOnly to) = query.Days(services.Today);
        await RequireCompleteAsync(services, table, cancellationToken);
        PartitionClient partitions = services.Node.IsServing && services.Node.Partitions is { } running ? running : throw ApiProblem.NotServing();
        int count = services.Settings.Engine.Partitions.Partitions;
        await partitions.FlushAsync(topic is { } one ? [one.ShardOf(count)] : Enumerable.Range(0, count), cancellationToken);
        return new BreakdownScope(
            table, breakdown, topic, value, from, to, query.Metrics(page) ?? [.. Enumerable.Range(0, page.Metrics.Length)],
            new StatisticsFilter(page.Name, topic?.Type, topic?.Id, from.DayNumber, to.DayNumber, value));
    }

    private static async Task RequireCompleteAsync(ApiServices services, StatisticsTable table, CancellationToken cancellationToken)
    {
        Declaration? agreed = (await services.Store.Declarations.ListAsync(cancellationToken))
            .FirstOrDefault(known => string.Equals(known.Table, table.Name, StringComparison.Ordinal));
        if (agreed is null)
        {
            throw new ApiProblem(StatusCodes.Status409Conflict,
                $"Page {table.Page.Name} is not broken down by {table.Breakdown!.Value.Name()}: dataload.pages.{table.Page.Name}.breakdowns turns it on.");
        }

        if (!agreed.IsComplete)
        {
            throw new ApiProblem(StatusCodes.Status409Conflict,
                $"{table.Name} is being computed over the past: {agreed.Backfilled} of {services.Settings.Engine.Partitions.Partitions} Partitions are done. Try again later.");
        }
    }

    /// <summary>What of a topic's rows has no parts, with its days; null where all of it has. Of a value the rows say it that are shown.</summary>
    public async Task<string?> WhyNotAsync(ApiServices services, IEnumerable<StatisticsRow> shown, CancellationToken cancellationToken)
    {
        int days = To.DayNumber - From.DayNumber + 1;
        return Topic is not { } topic
            ? await services.Parts.WhyNotAsync(
                Table, shown.Select(row => new CounterId(Table.Page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day)).Distinct(), cancellationToken)
            : days > services.Settings.Questions.MaxDays ? null
            : await services.Parts.WhyNotAsync(
                Table, Enumerable.Range(From.DayNumber, days).Select(day => new CounterId(Table.Page.Id, topic, day)), cancellationToken);
    }
}
