namespace DataLoad.Engine.Journaling;

/// <summary>The durable order of accepted events, per shard.</summary>
public interface IJournal
{
    /// <summary>
    /// Appends blocks of any number of shards in one transaction (group commit) and returns when it is durable.
    /// A block whose epoch is stale is left out, and its shard returned; the others are written.
    /// Appending a block again under the same epoch changes nothing, so that an append whose outcome is unknown is
    /// simply repeated.
    /// </summary>
    /// <returns>The shards whose epoch is stale; empty where all was written.</returns>
    ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken);

    /// <summary>
    /// The blocks of a shard in order, from the one that holds SequenceNr <paramref name="afterSequenceNr"/> + 1;
    /// read a bounded page at a time. A block's bytes are the reader's until it asks for the next.
    /// </summary>
    IAsyncEnumerable<JournalBlock> ReadAsync(int shard, long afterSequenceNr, CancellationToken cancellationToken);

    /// <summary>The highest SequenceNr in a shard's journal; 0 where it is empty.</summary>
    ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken);

    /// <summary>
    /// Removes the blocks that end at or before <paramref name="throughSequenceNr"/> and, in the same transaction,
    /// writes the baseline that stands in their place and its SequenceNr.
    /// </summary>
    /// <returns>False where the epoch is stale and nothing was changed.</returns>
    ValueTask<bool> TrimAsync(int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken);
}
