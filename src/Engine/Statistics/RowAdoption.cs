using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Storage;

namespace DataLoad.Engine.Statistics;

/// <summary>Refuses statistics rows that the engine did not write, or takes them as a baseline that counts add to, before any Partition is owned.</summary>
/// <remarks>A row that is adopted becomes its Counter's first snapshot and the journal's baseline, both at SequenceNr 0.</remarks>
/// <param name="statistics">The statistics tables.</param>
/// <param name="snapshots">Where snapshots and baselines go.</param>
/// <param name="positions">The Epochs in force, under which they are written.</param>
/// <param name="catalog">The pages.</param>
/// <param name="storeName">The store's name, for messages.</param>
public sealed class RowAdoption(IStatisticsStore statistics, ISnapshotStore snapshots, IPartitionStore positions, Catalog catalog, string storeName)
{
    private const int BatchRows = 500;

    /// <summary>Makes sure of the tables, and that all their rows are the engine's.</summary>
    /// <returns>How many rows were adopted, by table.</returns>
    /// <exception cref="StoreException">There are rows that the engine did not write, and they are not to be adopted.</exception>
    public async Task<IReadOnlyDictionary<string, long>> RunAsync(int partitions, bool adopt, CancellationToken cancellationToken)
    {
        var adopted = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (StatisticsTable table in catalog.Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null))
        {
            await statistics.EnsureTableAsync(table, cancellationToken);
            if (await statistics.CountForeignAsync(table, cancellationToken) is var rows and > 0)
            {
                throw new StoreException(
                    $"Table {table.Name} in {storeName} holds {rows} rows that this engine did not write, and the parts of a breakdown have no baseline: empty the table.");
            }
        }

        foreach (Page page in catalog.Pages)
        {
            await statistics.EnsureTableAsync(page, cancellationToken);
            long foreign = await statistics.CountForeignAsync(page, cancellationToken);
            if (foreign == 0)
            {
                continue;
            }

            if (!adopt)
            {
                throw new StoreException(
                    $"Table {page.Table} in {storeName} holds {foreign} rows that this engine did not write, and it will not count over them: empty the table, "
                    + "or set dataload.statistics.adopt-existing-rows = true to take them as a baseline that its counts add to.");
            }

            await AdoptAsync(page, partitions, cancellationToken);
            adopted.Add(page.Table, foreign);
        }

        return adopted;
    }

    private async Task AdoptAsync(Page page, int partitions, CancellationToken cancellationToken)
    {
        // Adopting a row takes it out of those that are read, so each round reads a bounded number from the front.
        while (await statistics.ReadForeignAsync(page, cancellationToken).Take(BatchRows).ToListAsync(cancellationToken) is { Count: > 0 } rows)
        {
            var epochs = new Dictionary<int, long>();
            foreach (int partition in rows.Select(row => PartitionOf(row, partitions)).Distinct())
            {
                // Under the Epoch in force. One that nobody owned yet has none, and is written down with 0, which the first owner raises.
                long epoch = (await positions.LoadAsync(partition, cancellationToken)).Epoch;
                await positions.RaiseEpochAsync(partition, epoch, cancellationToken);
                epochs.Add(partition, epoch);
            }

            SnapshotWrite[] writes = [.. rows.SelectMany(row => WritesOf(page, row, PartitionOf(row, partitions), epochs))];
            IReadOnlyList<int> stale = await snapshots.SaveAsync(writes, cancellationToken);
            if (stale.Count > 0)
            {
                throw new StoreException(
                    $"Partition {stale[0]} of {storeName} was taken over while the rows of table {page.Table} were adopted: "
                    + "stop the other node, or let it adopt them.");
            }

            await statistics.AdoptAsync(page, rows, cancellationToken);
        }
    }

    private static int PartitionOf(StatisticsRow row, int partitions) => new TopicKey(row.TopicType, row.TopicId).ShardOf(partitions);

    private static IEnumerable<SnapshotWrite> WritesOf(Page page, StatisticsRow row, int partition, Dictionary<int, long> epochs)
    {
        var id = new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);
        var counter = new Counter(id, page);
        for (int i = 0; i < row.Values.Length; i++)
        {
            counter.SetState(i, row.Values[i], set: null);
        }

        return new[] { SnapshotKind.Counter, SnapshotKind.Baseline }.Select(
            kind => new SnapshotWrite(partition, epochs[partition], kind, SnapshotKeys.Of(id), 0, CounterCodec.Encode(counter)));
    }
}
