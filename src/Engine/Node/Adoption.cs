using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using Microsoft.Extensions.Logging;

namespace DataLoad.Engine.Node;

/// <summary>
/// Statistics rows that the engine did not write: refused, or taken as a baseline that its counts add to. A row that
/// is adopted becomes its Counter's first snapshot and the journal's baseline, both at SequenceNr 0.
/// </summary>
public sealed class Adoption(IStore store, Catalog catalog, ILogger logger)
{
    private const int BatchRows = 500;

    /// <summary>Makes sure of the tables, and that all their rows are the engine's.</summary>
    /// <exception cref="StoreException">There are rows that the engine did not write, and they are not to be adopted.</exception>
    public async Task RunAsync(IReadOnlyList<ShardLease> leases, bool adopt, CancellationToken cancellationToken)
    {
        foreach (Page page in catalog.Pages)
        {
            await store.Statistics.EnsureTableAsync(page, cancellationToken).ConfigureAwait(false);
            long foreign = await store.Statistics.CountForeignAsync(page, cancellationToken).ConfigureAwait(false);
            if (foreign == 0)
            {
                continue;
            }

            if (!adopt)
            {
                throw new StoreException($"Table {page.Table} in {store.Name} holds {foreign} rows that this engine did not write, and it will not count over them: empty the table, or set dataload.statistics.adopt-existing-rows = true to take them as a baseline that its counts add to.");
            }

            await AdoptAsync(page, leases, cancellationToken).ConfigureAwait(false);
            NodeLog.Adopted(logger, foreign, page.Table);
        }
    }

    private async Task AdoptAsync(Page page, IReadOnlyList<ShardLease> leases, CancellationToken cancellationToken)
    {
        // Adopting a row takes it out of those that are read, so each round reads a bounded number from the front.
        while (true)
        {
            var rows = new List<StatisticsRow>();
            await foreach (StatisticsRow row in store.Statistics.ReadForeignAsync(page, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(row);
                if (rows.Count == BatchRows)
                {
                    break;
                }
            }

            if (rows.Count == 0)
            {
                return;
            }

            IReadOnlyList<int> stale = await store.Snapshots.SaveAsync([.. rows.SelectMany(row => WritesOf(page, row, leases))], cancellationToken).ConfigureAwait(false);
            if (stale.Count > 0)
            {
                throw new Sharding.StaleEpochException(stale[0], leases.First(lease => lease.Shard == stale[0]).Epoch);
            }

            await store.Statistics.AdoptAsync(page, rows, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IEnumerable<SnapshotWrite> WritesOf(Page page, StatisticsRow row, IReadOnlyList<ShardLease> leases)
    {
        var id = new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);
        var counter = new Counter(id, page);
        for (int i = 0; i < row.Values.Length; i++)
        {
            counter.SetState(i, row.Values[i], set: null);
        }

        int shard = id.Topic.ShardOf(leases.Count);
        foreach (SnapshotKind kind in new[] { SnapshotKind.Counter, SnapshotKind.Baseline })
        {
            yield return new SnapshotWrite
            {
                Shard = shard,
                Epoch = leases.First(lease => lease.Shard == shard).Epoch,
                Kind = kind,
                Key = SnapshotKeys.Of(id),
                SequenceNr = 0,
                Bytes = CounterCodec.Encode(counter),
            };
        }
    }
}
