using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Storage;

/// <summary>What stands in the place of a trimmed journal.</summary>
public static class BaselineWrites
{
    /// <summary>Checks that all writes are of the Partition and Epoch that is trimmed.</summary>
    /// <exception cref="ArgumentException">One is not: it would escape the fence.</exception>
    public static void Require(int shard, long epoch, IReadOnlyList<SnapshotWrite> baseline)
    {
        for (int i = 0; i < baseline.Count; i++)
        {
            if (baseline[i].Shard != shard || baseline[i].Epoch != epoch)
            {
                throw new ArgumentException(
                    $"A baseline write is of Partition {baseline[i].Shard}, Epoch {baseline[i].Epoch}; the trim is of Partition {shard}, Epoch {epoch}.",
                    nameof(baseline));
            }
        }
    }
}
