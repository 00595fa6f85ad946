using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Host.Api;

/// <summary>One topic with all its metrics, as live as they are.</summary>
internal static class TopicEndpoints
{
    private const int MaxDays = 1000;

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/topic", context => TopicAsync(services, context));

    private static async Task<IResult> TopicAsync(ApiServices services, HttpContext context)
    {
        var query = new ApiQuery(context.Request.Query);
        TopicKey topic = query.Topic() ?? throw ApiProblem.Bad("type and id are missing: they name the topic.");
        int limit = query.Int("limit", 1, MaxDays) ?? 100;
        DateOnly? from = query.Day("from");
        DateOnly? to = query.Day("to");
        var filter = new StatisticsFilter(TopicType: topic.Type, TopicId: topic.Id, From: from?.DayNumber, To: to?.DayNumber);
        IEnumerable<Page> pages = query.Text("page") is null ? services.Catalog.Pages : [query.Page(services.Catalog)];
        var found = new List<TopicDetails.TopicPage>();
        foreach (Page page in pages)
        {
            Dictionary<int, TopicDetails.TopicDay> days = [];
            await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(page, filter, context.RequestAborted))
            {
                days[row.Day] = DayOf(page, row, "table");
            }

            if (services.Node.Partitions is { } partitions && services.Node.IsServing)
            {
                foreach (StatisticsRow row in await partitions.TopicAsync(page, topic, [.. days.Keys], context.RequestAborted))
                {
                    if (filter.Matches(page.Name, topic.Type, topic.Id, row.Day))
                    {
                        days[row.Day] = DayOf(page, row, "memory");
                    }
                }
            }

            found.Add(new TopicDetails.TopicPage(page.Name, [.. days.Values.OrderByDescending(day => day.Day).Take(limit)]));
        }

        return Results.Json(new TopicDetails(topic.Type, topic.Id, topic.ShardOf(services.Settings.Engine.Partitions.Partitions), found),
            ApiJson.Default.TopicDetails);
    }

    private static TopicDetails.TopicDay DayOf(Page page, StatisticsRow row, string source) =>
        new(DateOnly.FromDayNumber(row.Day), source, row.SequenceNr, NamedValues.Of(page, row.Values));
}
