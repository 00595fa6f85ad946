using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;
using DataLoad.Host.Hocon.Schema;

namespace DataLoad.Host.Api;

/// <summary>Which topics there are of a name, for those who have not written it as it is in the tables.</summary>
internal static class TopicNamesEndpoint
{
    private const int MaxTypes = 100;
    private const int MaxNear = 8;

    /// <summary>How many rows of a type are looked at for ids that are alike: what is asked when a name is not found must not read a whole table.</summary>
    private const int MaxRows = 2000;

    public static void Map(RouteGroupBuilder api, ApiServices services) => api.MapRead("/topics", ApiJson.Default.TopicNames, async context =>
    {
        var query = new ApiQuery(context.Request.Query);
        string type = query.Text("type", TopicKey.MaxTypeCharacters * 2) ?? throw ApiProblem.Bad("type is missing: it is the topic's type, as it is known.");
        return await FindAsync(services, type, query.Int("id", 0, int.MaxValue), context.RequestAborted);
    });

    private static async Task<TopicNames> FindAsync(ApiServices services, string type, int? id, CancellationToken cancellationToken)
    {
        var types = new SortedSet<string>(StringComparer.Ordinal);
        foreach (Page page in services.Catalog.Pages)
        {
            types.UnionWith(await services.Store.Queries.TypesAsync(page, MaxTypes, cancellationToken));
        }

        string[] same = [.. types.Where(known => string.Equals(known, type, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(known => string.Equals(known, type, StringComparison.Ordinal))];
        if (id is not { } number)
        {
            bool isClear = same.Length == 1 || (same.Length > 0 && string.Equals(same[0], type, StringComparison.Ordinal));
            return new TopicNames(isClear ? same[0] : null, Topic: null, isClear ? [] : same.Length > 0 ? same : Alike(type, types), [.. types]);
        }

        var found = new List<TopicNames.KnownTopic>();
        foreach (string known in same)
        {
            if (await DaysAsync(services, new TopicKey(known, number), cancellationToken) is { } topic)
            {
                found.Add(topic);
            }
        }

        if (found.Count == 1 || (found.Count > 0 && string.Equals(found[0].Type, type, StringComparison.Ordinal)))
        {
            return new TopicNames(found[0].Type, found[0], Near: [], [.. types]);
        }

        IReadOnlyList<string> near = found.Count > 0 ? [.. found.Select(topic => $"{topic.Type}:{topic.Id}")]
            : await NearAsync(services, same.Length > 0 ? same : Alike(type, types), number, cancellationToken);
        return new TopicNames(same.Length == 1 ? same[0] : null, Topic: null, near, [.. types]);
    }

    /// <summary>The types that a text was probably meant to be, best first.</summary>
    private static string[] Alike(string type, IReadOnlySet<string> types)
    {
        string? nearest = HoconSuggestion.Nearest(type.ToUpperInvariant(), types.Select(known => known.ToUpperInvariant()));
        return [.. types.Where(known => string.Equals(known, nearest, StringComparison.OrdinalIgnoreCase)
            || known.Contains(type, StringComparison.OrdinalIgnoreCase)
            || (known.Length > 0 && type.Contains(known, StringComparison.OrdinalIgnoreCase))).Take(MaxNear)];
    }

    /// <summary>The first and the last day of a topic on any page; null where it has none.</summary>
    private static async Task<TopicNames.KnownTopic?> DaysAsync(ApiServices services, TopicKey topic, CancellationToken cancellationToken)
    {
        int first = int.MaxValue;
        int last = int.MinValue;
        foreach (Page page in services.Catalog.Pages)
        {
            await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(
                page, new StatisticsFilter(TopicType: topic.Type, TopicId: topic.Id), cancellationToken))
            {
                (first, last) = (Math.Min(first, row.Day), Math.Max(last, row.Day));
            }
        }

        return last < first ? null : new TopicNames.KnownTopic(topic.Type, topic.Id, DateOnly.FromDayNumber(first), DateOnly.FromDayNumber(last));
    }

    /// <summary>Topics of these types whose ids are the most alike.</summary>
    private static async Task<IReadOnlyList<string>> NearAsync(
        ApiServices services, IReadOnlyList<string> types, int id, CancellationToken cancellationToken)
    {
        var known = new HashSet<(string Type, int Id)>();
        foreach (string type in types)
        {
            foreach (Page page in services.Catalog.Pages)
            {
                await foreach (StatisticsRow row in services.Store.Statistics.ReadAsync(page, new StatisticsFilter(TopicType: type), cancellationToken)
                    .Take(MaxRows))
                {
                    known.Add((row.TopicType, row.TopicId));
                }
            }
        }

        return [.. known.OrderBy(topic => HoconSuggestion.Distance($"{id}", $"{topic.Id}")).ThenBy(topic => topic.Type, StringComparer.Ordinal)
            .ThenBy(topic => topic.Id).Take(MaxNear).Select(topic => $"{topic.Type}:{topic.Id}")];
    }
}

/// <summary>What there is of a name. <c>type</c> is the type as it is in the tables, <c>topic</c> the topic that is meant, whatever its type's case; where none or
/// several may be, they are null and <c>near</c> lists what may be meant. <c>types</c> are all that there are.</summary>
internal sealed record TopicNames(string? Type, TopicNames.KnownTopic? Topic, IReadOnlyList<string> Near, IReadOnlyList<string> Types)
{
    /// <summary>A topic, with the first and the last day that have a row.</summary>
    internal sealed record KnownTopic(string Type, int Id, DateOnly First, DateOnly Last);
}
