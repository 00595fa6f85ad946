using System.Diagnostics;
using DataLoad.Engine.Journaling;

namespace DataLoad.Bench.Freshness;

/// <summary>A journal that tells a watch what became durable.</summary>
internal sealed class WatchedJournal(IJournal journal, FreshnessWatch watch) : IJournal
{
    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> stale = await journal.AppendAsync(blocks, cancellationToken).ConfigureAwait(false);
        watch.OnJournaled(blocks, Stopwatch.GetTimestamp());
        return stale;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<JournalBlock> ReadAsync(int shard, long afterSequenceNr, CancellationToken cancellationToken) => journal.ReadAsync(shard, afterSequenceNr, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken) => journal.LastSequenceNrAsync(shard, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> TrimAsync(int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken) =>
        journal.TrimAsync(shard, epoch, throughSequenceNr, baseline, cancellationToken);
}
