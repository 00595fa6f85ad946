using System.Globalization;
using DataLoad.Engine.Contract;

namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>Three thousand carrier pages, of which each is before the one of the next number in everything that is counted, and the topics that a page led to.</summary>
internal static class StubBreakdowns
{
    public const int Parents = 3_000;

    private static readonly string[] Channels = ["h5", "wechat", ""];

    public static object Totals(StubBreakdownQuery query, string? why, string? rowWhy)
    {
        Page page = Catalog.Default.PageNamed(query.Page);
        List<Part> parts = [.. PartsOf(query)];
        int days = query.To.DayNumber - query.From.DayNumber + 1;
        if (string.Equals(query.Per, "day", StringComparison.Ordinal))
        {
            List<object> all = parts.Count == 0 ? [] : [.. StubTopics.Days(query.From, query.To).Reverse().Select(day => (object)new
            {
                type = (string?)null,
                id = (int?)null,
                value = (string?)null,
                valueId = (int?)null,
                day = (DateOnly?)day,
                rows = parts.Count,
                values = Values(page, query.Metrics, metric => parts.Sum(part => Value(metric, part.Number, day)), isKnown: parts.Count == 1 || why is null),
                why = rowWhy,
            })];
            return Answer(query, all, all.Count, why);
        }

        bool isAscending = string.Equals(query.Order, "asc", StringComparison.Ordinal);
        Func<Part, long> key = string.Equals(query.Sort, "key", StringComparison.Ordinal) ? part => part.Number
            : part => Sum(page.Metrics.Single(metric => string.Equals(metric.Column, query.Sort, StringComparison.Ordinal)), part.Number, query);
        IEnumerable<Part> ordered = isAscending ? parts.OrderBy(key) : parts.OrderByDescending(key);
        return Answer(query, [.. ordered.Skip(query.Offset).Take(query.Limit).Select(part => new
        {
            type = part.Type,
            id = part.Id,
            value = part.Value,
            valueId = part.ValueId,
            day = (DateOnly?)null,
            rows = days,
            values = Values(page, query.Metrics, metric => Sum(metric, part.Number, query), isKnown: days == 1 || why is null),
            why = rowWhy,
        })], parts.Count, days == 1 ? null : why);
    }

    public static object List(StubBreakdownQuery query)
    {
        Page page = Catalog.Default.PageNamed(query.Page);
        return new
        {
            page = query.Page,
            by = query.By,
            from = query.From,
            to = query.To,
            rows = PartsOf(query).SelectMany(part => StubTopics.Days(query.From, query.To).Select(day => new
            {
                type = part.Type,
                id = part.Id,
                day,
                value = part.Value,
                valueId = part.ValueId,
                values = Values(page, query.Metrics, metric => Value(metric, part.Number, day), isKnown: true),
            })).Skip(query.Offset).Take(query.Limit),
            next = (int?)null,
            why = (string?)null,
        };
    }

    /// <summary>What a part has of a metric on a day.</summary>
    public static long Value(Metric metric, int number, DateOnly day) =>
        (Parents + 1 - number + (40_000 / (number + 3))) * (1 + (day.DayNumber % 3)) * (metric.Kind == MetricKind.Amount ? 100 : 1);

    public static Metric Metric(string column) =>
        Catalog.Default.PageNamed("act").Metrics.Single(metric => string.Equals(metric.Column, column, StringComparison.Ordinal));

    private static long Sum(Metric metric, int number, StubBreakdownQuery query) => StubTopics.Days(query.From, query.To).Sum(day => Value(metric, number, day));

    private static object Answer(StubBreakdownQuery query, IReadOnlyList<object> items, int total, string? why) => new
    {
        page = query.Page,
        by = query.By,
        from = query.From,
        to = query.To,
        sort = query.Sort ?? "key",
        order = query.Order ?? "desc",
        offset = query.Offset,
        limit = query.Limit,
        total,
        items,
        complete = query.Id != 7 && why is null,
        why = query.Id == 7 ? "What stood before the journal begins, or was adopted, has no parts: 5 of visit_cnt on 2026-02-28." : why,
    };

    private static IEnumerable<Part> PartsOf(StubBreakdownQuery query)
    {
        bool isParent = string.Equals(query.By, "parent", StringComparison.Ordinal);
        IEnumerable<Part> all = query.Type is { } type && query.Id is { } id
            ? isParent
                ? Enumerable.Range(1, Parents).Select(number => new Part(number, type, id, number == 2 ? StubTopics.Markup : number == 3 ? "" : "BEAR", number == 3 ? 0 : number))
                : Channels.Select((channel, place) => new Part(place + 1, type, id, channel, null))
            : string.Equals(query.Value, "BEAR:404", StringComparison.Ordinal) ? []
            : Enumerable.Range(1, 60).Select(number => new Part(number, "ACTIVITY", number, isParent ? "BEAR" : query.Value!, isParent ? 3 : null));
        return query.Value is null || query.Type is null ? all : all.Where(part => string.Equals(part.Name, query.Value, StringComparison.Ordinal));
    }

    private static Dictionary<string, object?> Values(Page page, string metrics, Func<Metric, long> value, bool isKnown) =>
        page.Metrics.Where(metric => metrics.Split(',').Contains(metric.Column, StringComparer.Ordinal)).ToDictionary(
            metric => metric.Column,
            metric => isKnown ? StubTopics.Write(metric, value(metric)) : StubTopics.WriteSum(metric, value(metric)),
            StringComparer.Ordinal);

    private sealed record Part(int Number, string Type, int Id, string Value, int? ValueId)
    {
        public string Name => ValueId is { } id ? string.Create(CultureInfo.InvariantCulture, $"{Value}:{id}") : Value;
    }
}

/// <summary>What is asked of a breakdown.</summary>
internal sealed record StubBreakdownQuery(
    string Page, string By, DateOnly From, DateOnly To, string Metrics, string? Type, int? Id, string? Value, string? Per, string? Sort, string? Order, int Offset = 0,
    int Limit = 50);
