using DataLoad.Host.Access;

namespace DataLoad.Host.Api;

/// <summary>The zone in which days are counted, and what day it is there: how times are shown to people. A node tells them with each answer of its API.</summary>
/// <param name="Zone">The zone; null where a node has not told it, or one that this machine does not know.</param>
/// <param name="Today">What day it is there; null where a node has not told it.</param>
internal sealed record BusinessClock(TimeZoneInfo? Zone, DateOnly? Today)
{
    /// <summary>The header that tells the zone, as in <c>Asia/Shanghai</c>.</summary>
    public const string ZoneHeader = "X-DataLoad-Time-Zone";

    /// <summary>The header that tells the day, as in <c>2026-11-25</c>.</summary>
    public const string TodayHeader = "X-DataLoad-Today";

    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>That of one who knows nothing of a node: UTC.</summary>
    public static BusinessClock Unknown { get; } = new(Zone: null, Today: null);

    /// <summary>That of a node.</summary>
    public static BusinessClock Of(ApiServices services) =>
        new(TimeZoneInfo.FindSystemTimeZoneById(services.Settings.Engine.TimeZone), services.Today.Today);

    /// <summary>Tells it with an answer; what is open to anybody tells nothing of the node.</summary>
    public static ValueTask<object?> TellAsync(ApiServices services, EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()?.Policy is not AccessPolicy.Open)
        {
            IHeaderDictionary headers = context.HttpContext.Response.Headers;
            headers[ZoneHeader] = services.Settings.Engine.TimeZone;
            headers[TodayHeader] = services.Today.Today.ToString(DayFormat);
        }

        return next(context);
    }

    /// <summary>What an answer tells.</summary>
    public static BusinessClock Of(HttpResponseMessage response) => new(
        ValueOf(response, ZoneHeader) is { } id && TimeZoneInfo.TryFindSystemTimeZoneById(id, out TimeZoneInfo? zone) ? zone : null,
        DateOnly.TryParseExact(ValueOf(response, TodayHeader), DayFormat, out DateOnly today) ? today : null);

    /// <summary>A point of time in the zone, as in <c>2026-11-24T16:00:00.000+08:00</c>; in UTC with <c>Z</c> where the zone is not known.</summary>
    public string Time(long epochMs)
    {
        if (epochMs is < -62_135_596_800_000 + DayMs or > 253_402_300_799_999 - DayMs)
        {
            return epochMs.ToString();
        }

        DateTimeOffset time = DateTimeOffset.FromUnixTimeMilliseconds(epochMs);
        return Zone is null ? time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'") : TimeZoneInfo.ConvertTime(time, Zone).ToString("yyyy-MM-dd'T'HH:mm:ss.fffzzz");
    }

    /// <summary>A day, with a mark where it has not begun yet.</summary>
    public string Day(DateOnly day) => day > Today ? $"{day.ToString(DayFormat)} (ahead)" : day.ToString(DayFormat);

    /// <summary>A column's name with the zone of its times, as in <c>time (Asia/Shanghai)</c>.</summary>
    public string Label(string name) => Zone is null ? name : $"{name} ({Zone.Id})";

    /// <summary>A zone may be a day away from UTC, and no point of time is beyond the calendar's ends.</summary>
    private const long DayMs = 24L * 60 * 60 * 1000;

    private static string? ValueOf(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
