namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>The way of a session, in two pages; of a session called nobody there are no events.</summary>
internal static class StubSessions
{
    public const int Events = 130;
    public const int PageRows = 100;

    public static object Trace(string session, string? after)
    {
        bool isNobody = string.Equals(session, "nobody", StringComparison.Ordinal);
        int from = after is null ? 0 : PageRows;
        int to = isNobody ? 0 : after is null ? PageRows : Events;
        return new
        {
            session,
            events = isNobody ? 0 : Events,
            blocks = 3,
            scannedBlocks = 12,
            trimmed = isNobody ? 2 : 0,
            complete = !isNobody,
            why = isNobody ? "7 entries of the journal are not indexed by session yet." : null,
            items = Enumerable.Range(from, Math.Max(0, to - from)).Select(number => new
            {
                @event = new
                {
                    shard = number % 4,
                    sequenceNr = 12 + number,
                    index = 0,
                    stream = number % 3 == 0 ? "act.visit" : "act.share",
                    type = number == 1 ? StubTopics.Markup : "ACTIVITY",
                    id = number % 5,
                    time = StubApi.Now + (number * 1000L),
                    userId = number == 0 ? 0 : 501,
                    session,
                    parentType = number % 4 == 0 ? "BEAR" : null,
                    parentId = number % 4 == 0 ? 9 : (int?)null,
                    channelType = "h5",
                    qrCode = (string?)null,
                },
                added = number % 3 == 0 ? new Dictionary<string, object>(StringComparer.Ordinal) { ["visit_cnt"] = 1, ["visit_user_cnt"] = 1 }
                    : new Dictionary<string, object>(StringComparer.Ordinal) { ["pay_amount"] = "1234.50" },
            }),
            next = after is null && !isNobody ? "1.2.3.4" : null,
        };
    }
}
