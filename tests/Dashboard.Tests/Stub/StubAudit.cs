namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>An audit log of 120 entries, the newest of which has the highest id.</summary>
internal static class StubAudit
{
    private const int Entries = 120;

    public static object Page(long? before, int limit)
    {
        long first = Math.Min(before - 1 ?? Entries, Entries);
        long last = Math.Max(1, first - limit + 1);
        return new
        {
            entries = Enumerable.Range(0, (int)(first - last + 1)).Select(place => new
            {
                id = first - place,
                at = StubApi.Now - (place * 1000L),
                node = "node-a",
                actor = "operator",
                action = "dead.requeue",
                target = "stream act.buy",
                detail = "3 moved, 0 skipped",
                outcome = "done",
            }),
            next = last == 1 ? (long?)null : last,
        };
    }
}
