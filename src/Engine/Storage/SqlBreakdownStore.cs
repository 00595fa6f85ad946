using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>What is broken down: a row a breakdown that was ever on.</summary>
internal sealed class SqlBreakdownStore(SqlDatabase database) : IBreakdownStore
{
    private static readonly RowShape FilledShape = new(IsFenced: false, ["partition_id", "epoch", "breakdowns"]);

    private readonly string _saveFilled = database.Dialect.Update(
        "dataload_partition", FilledShape, "breakdowns = w.breakdowns", "t.partition_id = w.partition_id AND t.epoch = w.epoch");

    private SqlDialect Dialect => database.Dialect;

    public async ValueTask<IReadOnlyList<AgreedBreakdown>> ListAsync(CancellationToken cancellationToken) => !database.Exists ? [] : await database.ReadAsync(
        async (db, token) => await Dialect.HasTableAsync(db, "dataload_breakdown", token) ? await ListAsync(db, token) : [], cancellationToken);

    public async ValueTask AgreeAsync(IReadOnlyList<StatisticsTable> on, CancellationToken cancellationToken)
    {
        HashSet<string> wanted = on.Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        if (wanted.SetEquals((await ListAsync(cancellationToken)).Select(known => known.Table)))
        {
            return;
        }

        await database.TransactAsync(
            async (db, token) =>
            {
                await Dialect.LockSchemaAsync(db, database.Name, token);
                List<BreakdownRow> known = await db.GetTable<BreakdownRow>().ToListAsync(token);
                bool isFresh = !await db.GetTable<PartitionRow>().AnyAsync(token);
                foreach (BreakdownRow row in known.Where(row => row.IsOn != 0 && !wanted.Contains(row.Table)))
                {
                    // What it computed so far has no use; a table that is complete stays.
                    await db.UpdateAsync(row with { IsOn = 0, IsComplete = 0 }, token: token);
                    await db.ExecuteAsync(row.IsComplete != 0 ? "SELECT 1" : $"DROP TABLE IF EXISTS {Dialect.Quote(row.Agreed(0).TableNow)}", token);
                }

                foreach (string table in wanted)
                {
                    await TurnOnAsync(db, table, known.Find(row => string.Equals(row.Table, table, StringComparison.Ordinal)), isFresh, token);
                }

                return true;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlySet<string>> FilledAsync(int partition, CancellationToken cancellationToken) => await database.ReadAsync(
        async (db, token) => Marks((await db.GetTable<PartitionRow>().FirstOrDefaultAsync(row => row.Id == partition, token))?.Breakdowns), cancellationToken);

    public async ValueTask<bool> SaveFilledAsync(int partition, long epoch, IReadOnlyCollection<string> marks, CancellationToken cancellationToken)
    {
        var row = new RowBatch(1, new BatchColumn<int>([partition]), new BatchColumn<long>([epoch]), new BatchColumn<string>([string.Join(' ', marks)]));
        return (await database.WriteRowsAsync([new RowStatement(_saveFilled, row)], isExclusive: false, cancellationToken)).Changed > 0;
    }

    public async ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken)
    {
        if (!(await ListAsync(cancellationToken)).Any(known => !known.IsComplete && known.Filled == partitions))
        {
            return [];
        }

        return await database.TransactAsync(
            async (db, token) =>
            {
                await Dialect.LockSchemaAsync(db, database.Name, token);
                var named = new List<string>();
                foreach (AgreedBreakdown done in (await ListAsync(db, token)).Where(known => !known.IsComplete && known.Filled == partitions))
                {
                    await db.ExecuteAsync($"DROP TABLE IF EXISTS {Dialect.Quote(done.Table)}", token);
                    await db.ExecuteAsync($"ALTER TABLE {Dialect.Quote(done.TableNow)} RENAME TO {Dialect.Quote(done.Table)}", token);
                    await db.GetTable<BreakdownRow>().Where(row => row.Table == done.Table).Set(row => row.IsComplete, (short)1).UpdateAsync(token);
                    named.Add(done.Table);
                }

                return named;
            },
            cancellationToken);
    }

    private async Task TurnOnAsync(DataConnection db, string table, BreakdownRow? known, bool isFresh, CancellationToken cancellationToken)
    {
        if (known is { IsOn: not 0 })
        {
            return;
        }

        if (known is null && !isFresh && await Dialect.HasTableAsync(db, table, cancellationToken))
        {
            throw new StoreException(
                $"{database.Name} has a table '{table}' that this engine did not make, and the breakdown that is turned on would take its place: rename or drop it.");
        }

        var row = new BreakdownRow { Table = table, Generation = (known?.Generation ?? 0) + 1, IsOn = 1, IsComplete = (short)(isFresh ? 1 : 0) };
        await db.InsertOrReplaceAsync(row, token: cancellationToken);
    }

    private static async Task<List<AgreedBreakdown>> ListAsync(DataConnection db, CancellationToken cancellationToken)
    {
        List<BreakdownRow> rows = await db.GetTable<BreakdownRow>().Where(row => row.IsOn != 0).OrderBy(row => row.Table).ToListAsync(cancellationToken);
        List<IReadOnlySet<string>> filled = (await db.GetTable<PartitionRow>().Select(row => row.Breakdowns).ToListAsync(cancellationToken)).ConvertAll(Marks);
        return rows.ConvertAll(row => row.Agreed(filled.Count(marks => marks.Contains(row.Agreed(0).Mark))));
    }

    private static IReadOnlySet<string> Marks(string? text) =>
        (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
}
