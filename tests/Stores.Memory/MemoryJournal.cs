using System.Runtime.CompilerServices;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>The journal in memory.</summary>
internal sealed class MemoryJournal(MemoryCalls calls, int pageRows) : IJournal
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> AppendAsync(IReadOnlyList<JournalBlock> blocks, CancellationToken cancellationToken) =>
        calls.RunAsync("Journal.Append", state => Append(state, blocks), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<JournalBlock> ReadAsync(
        int shard, long afterSequenceNr, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long next = afterSequenceNr + 1;
        while (true)
        {
            List<JournalBlock> page =
                await calls.RunAsync("Journal.Read", state => Page(state, shard, next), cancellationToken);
            foreach (JournalBlock block in page)
            {
                yield return block with { Bytes = block.Bytes.ToArray() };
            }

            if (page.Count < pageRows)
            {
                yield break;
            }

            next = page[^1].LastSequenceNr + 1;
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> LastSequenceNrAsync(int shard, CancellationToken cancellationToken) => calls.RunAsync(
        "Journal.LastSequenceNr",
        state => state.Journals.TryGetValue(shard, out SortedList<long, JournalBlock>? journal) && journal.Count > 0
            ? journal.GetValueAtIndex(journal.Count - 1).LastSequenceNr
            : 0,
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> TrimAsync(
        int shard, long epoch, long throughSequenceNr, IReadOnlyList<SnapshotWrite> baseline, CancellationToken cancellationToken) =>
        calls.RunAsync("Journal.Trim", state => Trim(state, shard, epoch, throughSequenceNr, baseline), cancellationToken);

    private static IReadOnlyList<int> Append(MemoryStoreState state, IReadOnlyList<JournalBlock> blocks)
    {
        var stale = new List<int>();
        var admitted = new List<JournalBlock>(blocks.Count);
        foreach (JournalBlock block in blocks)
        {
            if (!state.Admits(block.Shard, block.Epoch, stale))
            {
                continue;
            }

            // All is checked before anything is changed.
            if (!state.Journals.TryGetValue(block.Shard, out SortedList<long, JournalBlock>? journal)
                || !journal.TryGetValue(block.FirstSequenceNr, out JournalBlock? stored))
            {
                admitted.Add(block);
            }
            else
            {
                JournalConflict.ThrowIfOther(block, stored.Epoch, stored.LastSequenceNr);
            }
        }

        foreach (JournalBlock block in admitted)
        {
            if (!state.Journals.TryGetValue(block.Shard, out SortedList<long, JournalBlock>? journal))
            {
                journal = [];
                state.Journals.Add(block.Shard, journal);
            }

            journal.TryAdd(block.FirstSequenceNr, block with { Bytes = block.Bytes.ToArray() });
        }

        return stale;
    }

    private List<JournalBlock> Page(MemoryStoreState state, int shard, long next)
    {
        var page = new List<JournalBlock>();
        if (state.Journals.TryGetValue(shard, out SortedList<long, JournalBlock>? journal))
        {
            page.AddRange(journal.Values.SkipWhile(block => block.LastSequenceNr < next).Take(pageRows));
        }

        return page;
    }

    private static bool Trim(MemoryStoreState state, int shard, long epoch, long through, IReadOnlyList<SnapshotWrite> baseline)
    {
        if (!MemoryPartitionStore.SaveBaseline(state, shard, epoch, through, baseline))
        {
            return false;
        }

        if (state.Journals.TryGetValue(shard, out SortedList<long, JournalBlock>? journal))
        {
            while (journal.Count > 0 && journal.GetValueAtIndex(0).LastSequenceNr <= through)
            {
                journal.RemoveAt(0);
            }
        }

        return true;
    }
}
