namespace DataLoad.Dashboard.Tests.Stub;

/// <summary>Dead letters of two streams, which a requeue takes away.</summary>
internal sealed class StubDeadLetters
{
    private readonly List<(string Id, string Stream, string Reason)> _all =
    [
        .. Enumerable.Range(0, 120).Select(i => ($"{i:x32}", "act.buy", "row-missing")),
        .. Enumerable.Range(1000, 3).Select(i => ($"{i:x32}", "act.share", "body")),
    ];

    public IReadOnlyList<(string Id, string Stream, string Reason)> All
    {
        get
        {
            lock (_all)
            {
                return [.. _all];
            }
        }
    }

    public int Remove(string? stream, string? reason, IReadOnlyCollection<string>? ids)
    {
        lock (_all)
        {
            return _all.RemoveAll(letter => IsOr(stream, letter.Stream) && IsOr(reason, letter.Reason)
                && ids?.Contains(letter.Id, StringComparer.Ordinal) != false);
        }
    }

    private static bool IsOr(string? wanted, string value) => wanted is null || string.Equals(wanted, value, StringComparison.Ordinal);
}
