using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tracing;

namespace DataLoad.Engine.Auditing;

/// <summary>Reads a Partition's index of sessions and tells of what is damaged or missing. None of it makes an answer wrong: what a damaged segment stood for
/// is read from the journal.</summary>
internal sealed class SessionChecks(ISnapshotStore snapshots, Action<Damage> report)
{
    public async Task RunAsync(int partition, CancellationToken cancellationToken)
    {
        StoredSessions stored = await SessionIndexing.ListAsync(partition, snapshots, cancellationToken);
        stored.Damaged.ForEach(damage => report(new Damage(partition, damage.Message)));
        foreach (SessionSegment segment in stored.Segments)
        {
            if (await FindDamageAsync(partition, segment, cancellationToken) is { } damage && await IsThereAsync(partition, segment, cancellationToken))
            {
                report(new Damage(partition, damage));
            }
        }
    }

    private async Task<string?> FindDamageAsync(int partition, SessionSegment segment, CancellationToken cancellationToken)
    {
        try
        {
            int count = 0;
            await SessionMerge.ReadAsync(partition, segment, snapshots, _ => count++, cancellationToken);
            return count == segment.Count ? null : new SessionDamageException(partition, segment.Range, $"holds {count} pairs of {segment.Count}.").Message;
        }
        catch (SessionDamageException e)
        {
            return e.Message;
        }
    }

    /// <summary>One that was merged meanwhile has lost its pages in order.</summary>
    private async Task<bool> IsThereAsync(int partition, SessionSegment segment, CancellationToken cancellationToken) => (await snapshots.LoadAsync(
        partition, SnapshotKind.SessionSegments, [SessionSegmentKey.Row(segment.Range, PagedRow.DirectoryPage)], cancellationToken)).Count > 0;
}
