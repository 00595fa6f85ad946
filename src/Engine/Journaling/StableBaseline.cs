using DataLoad.Engine.Partitions;

namespace DataLoad.Engine.Journaling;

/// <summary>Reads a Partition's journal from its baseline beside the owner, who may trim it meanwhile: then it is read again from the new baseline.</summary>
internal static class StableBaseline
{
    /// <summary>How often the journal is read again because the owner trimmed it meanwhile, until that is an error.</summary>
    private const int MaxTries = 5;

    /// <summary>Runs work that is given the baseline, until the baseline is the same after it. What work read in vain may have had a gap, or none where all of
    /// it went into a baseline that was listed too early; it begins anew each time.</summary>
    /// <exception cref="TimeoutException">The journal was trimmed each time that it was read.</exception>
    public static async Task<T> ReadAsync<T>(int partition, IPartitionStore positions, Func<long, Task<T>> work, CancellationToken cancellationToken)
    {
        long baseline = 0;
        for (int tries = 0; tries < MaxTries; tries++)
        {
            baseline = await BaselineAsync();
            try
            {
                T result = await work(baseline);
                if (await BaselineAsync() == baseline)
                {
                    return result;
                }
            }
            catch (Exception e) when (e is Counting.StoredFormatException or OverflowException)
            {
                if (await BaselineAsync() == baseline)
                {
                    throw;
                }
            }
        }

        throw new TimeoutException(
            $"The journal of Partition {partition} was trimmed each of the {MaxTries} times it was read, last through SequenceNr {baseline} or beyond. "
            + "Try again, or set a longer dataload.journal.trim-interval.");

        async ValueTask<long> BaselineAsync() => (await positions.LoadAsync(partition, cancellationToken)).Baseline;
    }
}
