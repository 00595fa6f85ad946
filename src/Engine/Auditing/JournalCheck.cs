using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Auditing;

/// <summary>Reads a shard's journal to its end, past what is damaged, and tells of each block that is.</summary>
internal sealed class JournalCheck(Catalog catalog, IJournal journal, Action<Damage> report)
{
    private readonly BlockReader _reader = new(catalog) { WithTexts = true };

    /// <summary>Reads all blocks behind the baseline.</summary>
    /// <returns>Whether any is damaged.</returns>
    public async Task<bool> RunAsync(int shard, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        bool found = false;
        await foreach (JournalBlock block in journal.ReadAsync(shard, checkpoint.BaselineSequenceNr, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                _reader.Open(block);
                while (_reader.Next())
                {
                    // Reading it is the check.
                }
            }
            catch (StoredFormatException e)
            {
                found = true;
                report(new Damage(shard, $"{e.Message} {Needed(block, checkpoint)}"));
            }
        }

        return found;
    }

    private static string Needed(JournalBlock block, Checkpoint checkpoint) => block.LastSequenceNr <= checkpoint.SequenceNr
        ? $"A node starts and counts without this block, since the checkpoint at SequenceNr {checkpoint.SequenceNr} is past it; verify, rebuild and trimming of this shard need it."
        : $"A node needs this block to start, since it is past the checkpoint at SequenceNr {checkpoint.SequenceNr}.";
}
