namespace DataLoad.Demo;

/// <summary>Rows that their senders commit only some time after their messages went out.</summary>
internal sealed class LateRows(BusinessDatabase business)
{
    private const int HoldMilliseconds = 1_500;

    private readonly Queue<(long Due, IReadOnlyList<BusinessRow> Rows)> _held = new();

    public void Hold(IReadOnlyList<BusinessRow> rows)
    {
        if (rows.Count > 0)
        {
            _held.Enqueue((Environment.TickCount64 + HoldMilliseconds, rows));
        }
    }

    /// <summary>Commits what is due, or everything.</summary>
    public async Task CommitAsync(bool all, CancellationToken cancel)
    {
        while (_held.TryPeek(out var next) && (all || next.Due <= Environment.TickCount64))
        {
            await business.InsertAsync(_held.Dequeue().Rows, cancel);
        }
    }
}
