using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage;

/// <summary>What an append finds where its block should go.</summary>
public static class JournalConflict
{
    /// <summary>Passes where the stored block is the one appended: same first SequenceNr, last one and epoch.</summary>
    /// <exception cref="StoreException">It is another one, which is never overwritten.</exception>
    public static void ThrowIfOther(JournalBlock block, long storedEpoch, long storedLast)
    {
        if (storedEpoch != block.Epoch || storedLast != block.LastSequenceNr)
        {
            throw new StoreException(
                $"Shard {block.Shard} has a journal block {block.FirstSequenceNr}-{storedLast} of epoch {storedEpoch} where block "
                + $"{block.FirstSequenceNr}-{block.LastSequenceNr} of epoch {block.Epoch} should go; nothing was overwritten. "
                + "Two writers believed to own the shard, or the store was restored from a backup under a running node: stop the nodes, keep a copy of the store and report it.");
        }
    }
}
