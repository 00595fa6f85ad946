using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Auditing;

/// <summary>Reads a Partition's journal to its end, past what is damaged or missing, and tells of each entry that is.</summary>
internal sealed class JournalCheck(Catalog catalog, JournalReader journal, Action<Damage> report)
{
    private readonly BlockDecoder _decoder = new(catalog) { WithTexts = true };
    private int _partition;
    private PartitionPositions _positions;
    private bool _found;

    /// <summary>Reads all entries behind the baseline.</summary>
    /// <returns>Whether any is damaged or missing.</returns>
    public async Task<bool> RunAsync(int partition, PartitionPositions positions, CancellationToken cancellationToken)
    {
        _partition = partition;
        _positions = positions;
        _found = false;
        long last = positions.Baseline;
        while (true)
        {
            try
            {
                await foreach (PersistedEntry entry in journal.ReadEntriesAsync(partition, last, cancellationToken))
                {
                    last = entry.SequenceNr;
                    Check(entry);
                }

                return _found;
            }
            catch (StoredFormatException)
            {
                last = await StepOverAsync(last, cancellationToken);
            }
        }
    }

    /// <summary>Finds the entry that ended the query, one by one, since the query reads ahead, and tells of it.</summary>
    /// <returns>The number behind which reading goes on.</returns>
    private async Task<long> StepOverAsync(long last, CancellationToken cancellationToken)
    {
        for (long next = last + 1; ; next++)
        {
            try
            {
                if (await journal.FindAsync(_partition, next, cancellationToken) is not PersistedEntry entry)
                {
                    return await StepOverGapAsync(next, cancellationToken);
                }

                Check(entry);
            }
            catch (StoredFormatException e)
            {
                Report(next, e.Message);
                return next;
            }
        }
    }

    private async Task<long> StepOverGapAsync(long missing, CancellationToken cancellationToken)
    {
        long next;
        try
        {
            next = await journal.FindLowestAsync(_partition, missing + 1, long.MaxValue, cancellationToken);
        }
        catch (Exception e) when (JournalFault.IsOfAnEntry(e))
        {
            // Something behind the gap does not read either: it is met next.
            next = missing + 1;
        }

        if (next != long.MaxValue)
        {
            Report(next - 1, JournalFault.Gap(_partition, missing - 1, next).Message);
        }

        return next - 1;
    }

    private void Check(PersistedEntry entry)
    {
        if (entry.Entry is not Block block)
        {
            return;
        }

        try
        {
            _decoder.Open(_partition, entry.SequenceNr, block);
            while (_decoder.Next())
            {
                // Reading it is the check.
            }
        }
        catch (StoredFormatException e)
        {
            Report(entry.SequenceNr, e.Message);
        }
    }

    private void Report(long sequenceNr, string message)
    {
        _found = true;
        string needed = sequenceNr <= _positions.Checkpoint
            ? $"A node starts and counts without this entry, since the checkpoint at SequenceNr {_positions.Checkpoint} is past it; "
                + "verify, rebuild and trimming of this Partition need it."
            : $"A node needs this entry to start, since it is past the checkpoint at SequenceNr {_positions.Checkpoint}.";
        report(new Damage(_partition, $"{message} {needed}"));
    }
}
