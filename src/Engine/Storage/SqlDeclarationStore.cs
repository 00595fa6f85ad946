using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;
using LinqToDB;
using LinqToDB.Async;
using LinqToDB.Data;

namespace DataLoad.Engine.Storage;

/// <summary>What is counted: a row a breakdown that was ever on, and a row a metric.</summary>
internal sealed class SqlDeclarationStore(SqlDatabase database) : IDeclarationStore
{
    private static readonly RowShape MarksShape = new(IsFenced: false, ["partition_id", "epoch", "breakdowns"]);

    private readonly string _saveMarks = database.Dialect.Update(
        "dataload_partition", MarksShape, "breakdowns = w.breakdowns", "t.partition_id = w.partition_id AND t.epoch = w.epoch");

    private SqlDialect Dialect => database.Dialect;

    public async ValueTask<IReadOnlyList<Declaration>> ListAsync(CancellationToken cancellationToken) => !database.Exists ? [] : await database.ReadAsync(
        async (db, token) => await Dialect.HasTableAsync(db, "dataload_breakdown", token) ? await ListAsync(db, token) : [], cancellationToken);

    public async ValueTask AgreeAsync(Catalog catalog, long nowMs, CancellationToken cancellationToken)
    {
        HashSet<string> breakdowns = BreakdownsOf(catalog);
        IEnumerable<string> metrics = catalog.Pages.SelectMany(page => page.Metrics.Select(metric => $"{page.Table}.{metric.Column}"));
        if (breakdowns.Concat(metrics).ToHashSet(StringComparer.Ordinal).SetEquals((await ListAsync(cancellationToken)).Select(known => known.Name)))
        {
            return;
        }

        await database.TransactAsync(
            async (db, token) =>
            {
                await Dialect.LockSchemaAsync(db, database.Name, token);
                bool isFresh = !await db.GetTable<PartitionRow>().AnyAsync(token);
                await AgreeBreakdownsAsync(db, breakdowns, isFresh, token);
                List<MetricRow> known = await db.GetTable<MetricRow>().ToListAsync(token);
                foreach (Page page in catalog.Pages)
                {
                    foreach (MetricRow row in await NewMetricsAsync(db, page, known, isFresh, nowMs, token))
                    {
                        await db.InsertAsync(row, token: token);
                    }
                }

                return true;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<Declaration>> PlanAsync(Catalog catalog, CancellationToken cancellationToken) => !database.Exists ? [] : await database.ReadAsync(
        async (db, token) =>
        {
            bool isFresh = !await Dialect.HasTableAsync(db, "dataload_partition", token) || !await db.GetTable<PartitionRow>().AnyAsync(token);
            List<BreakdownRow> breakdowns = await Dialect.HasTableAsync(db, "dataload_breakdown", token) ? await db.GetTable<BreakdownRow>().ToListAsync(token) : [];
            List<MetricRow> metrics = await Dialect.HasTableAsync(db, "dataload_metric", token) ? await db.GetTable<MetricRow>().ToListAsync(token) : [];
            var planned = new List<Declaration>();
            foreach (string table in BreakdownsOf(catalog).Order(StringComparer.Ordinal))
            {
                planned.AddRange(new[] { await NewBreakdownAsync(db, table, breakdowns, isFresh, token) }.OfType<BreakdownRow>().Select(row => row.Declared()));
            }

            foreach (Page page in catalog.Pages)
            {
                planned.AddRange((await NewMetricsAsync(db, page, metrics, isFresh, nowMs: 0, token)).Select(row => row.Declared()));
            }

            return (IReadOnlyList<Declaration>)planned;
        },
        cancellationToken);

    public async ValueTask<BackfillMarks> BackfilledAsync(int partition, CancellationToken cancellationToken) => await database.ReadAsync(
        async (db, token) => BackfillMarks.Parse((await db.GetTable<PartitionRow>().FirstOrDefaultAsync(row => row.Id == partition, token))?.Backfilled), cancellationToken);

    public async ValueTask<bool> SaveBackfilledAsync(int partition, long epoch, BackfillMarks marks, CancellationToken cancellationToken)
    {
        var row = new RowBatch(1, new BatchColumn<int>([partition]), new BatchColumn<long>([epoch]), new BatchColumn<string>([marks.ToString()]));
        return (await database.WriteRowsAsync([new RowStatement(_saveMarks, row)], isExclusive: false, cancellationToken)).Changed > 0;
    }

    public async ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken)
    {
        if (!(await ListAsync(cancellationToken)).Any(known => !known.IsComplete && known.Backfilled == partitions))
        {
            return [];
        }

        return await database.TransactAsync(
            async (db, token) =>
            {
                await Dialect.LockSchemaAsync(db, database.Name, token);
                List<Declaration> all = await ListAsync(db, token);
                Declaration[] done = [.. all.Where(known => !known.IsComplete && known.Backfilled == partitions)];
                foreach (Declaration metric in done.Where(known => known.Column is not null))
                {
                    foreach (string table in TablesOf(metric.Table, all))
                    {
                        await NameColumnAsync(db, table, metric, token);
                    }

                    await db.GetTable<MetricRow>().Where(row => row.Table == metric.Table && row.Column == metric.Column).Set(row => row.IsComplete, (short)1)
                        .UpdateAsync(token);
                }

                foreach (Declaration breakdown in done.Where(known => known.Column is null))
                {
                    await ChangeAsync(db, $"DROP TABLE IF EXISTS {Dialect.Quote(breakdown.Table)}", token);
                    await ChangeAsync(db, $"ALTER TABLE {Dialect.Quote(breakdown.TableNow)} RENAME TO {Dialect.Quote(breakdown.Table)}", token);
                    await db.GetTable<BreakdownRow>().Where(row => row.Table == breakdown.Table).Set(row => row.IsComplete, (short)1).UpdateAsync(token);
                }

                return (IReadOnlyList<string>)[.. done.Select(known => known.Name)];
            },
            cancellationToken);
    }

    public async ValueTask<long?> FindStopAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        async (db, token) => (await db.GetTable<BackfillStopRow>().FirstOrDefaultAsync(token))?.AtMs, cancellationToken);

    public async ValueTask SetStopAsync(long? atMs, CancellationToken cancellationToken) => await database.TransactAsync(
        async (db, token) => atMs is { } at
            ? await db.GetTable<BackfillStopRow>().AnyAsync(token) ? 0 : await db.InsertAsync(new BackfillStopRow { Id = 1, AtMs = at }, token: token)
            : await db.GetTable<BackfillStopRow>().DeleteAsync(token),
        cancellationToken);

    private async Task AgreeBreakdownsAsync(DataConnection db, HashSet<string> wanted, bool isFresh, CancellationToken cancellationToken)
    {
        List<BreakdownRow> known = await db.GetTable<BreakdownRow>().ToListAsync(cancellationToken);
        foreach (BreakdownRow row in known.Where(row => row.IsOn != 0 && !wanted.Contains(row.Table)))
        {
            // What it computed so far has no use; a table that is complete stays.
            await db.UpdateAsync(row with { IsOn = 0, IsComplete = 0 }, token: cancellationToken);
            await db.ExecuteAsync(row.IsComplete != 0 ? "SELECT 1" : $"DROP TABLE IF EXISTS {Dialect.Quote(row.Declared().TableNow)}", cancellationToken);
        }

        foreach (string table in wanted)
        {
            if (await NewBreakdownAsync(db, table, known, isFresh, cancellationToken) is { } row)
            {
                await db.InsertOrReplaceAsync(row, token: cancellationToken);
            }
        }
    }

    private static HashSet<string> BreakdownsOf(Catalog catalog) => catalog.Pages.SelectMany(page => page.Tables).Where(table => table.Breakdown is not null)
        .Select(table => table.Name).ToHashSet(StringComparer.Ordinal);

    /// <summary>What a breakdown is that is turned on; null where it was on before.</summary>
    private async Task<BreakdownRow?> NewBreakdownAsync(DataConnection db, string table, List<BreakdownRow> all, bool isFresh, CancellationToken cancellationToken)
    {
        BreakdownRow? known = all.Find(row => string.Equals(row.Table, table, StringComparison.Ordinal));
        if (known is { IsOn: not 0 })
        {
            return null;
        }

        if (known is null && !isFresh && await Dialect.HasTableAsync(db, table, cancellationToken))
        {
            throw new StoreException(
                $"{database.Name} has a table '{table}' that this engine did not make, and the breakdown that is turned on would take its place: rename or drop it.");
        }

        return new BreakdownRow { Table = table, Generation = (known?.Generation ?? 0) + 1, IsOn = 1, IsComplete = (short)(isFresh ? 1 : 0) };
    }

    /// <summary>What the metrics of a page are that are new.</summary>
    private async Task<List<MetricRow>> NewMetricsAsync(DataConnection db, Page page, List<MetricRow> all, bool isFresh, long nowMs, CancellationToken cancellationToken)
    {
        string[] known = [.. all.Where(row => string.Equals(row.Table, page.Table, StringComparison.Ordinal)).Select(row => row.Column)];
        string[] declared = [.. page.Metrics.Select(metric => metric.Column)];
        if (known.Except(declared, StringComparer.Ordinal).FirstOrDefault() is { } undeclared)
        {
            throw new StoreException(
                $"{database.Name} counts the metric '{page.Table}.{undeclared}', which this program does not declare and would leave uncounted: "
                + "use the program that wrote it, or a later one.");
        }

        HashSet<string> columns = (await Dialect.ColumnsAsync(db, page.Table, cancellationToken)).Select(column => column.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var found = new List<MetricRow>();
        foreach (string column in declared.Except(known, StringComparer.Ordinal))
        {
            // A page of which nothing is known was counted by a program that kept no such rows: its table's columns say what it counted.
            bool isComplete = isFresh || (known.Length == 0 && (columns.Count == 0 || columns.Contains(column)));
            if (!isComplete && columns.Contains(column))
            {
                throw new StoreException(
                    $"{database.Name} has a column '{page.Table}.{column}' that this engine did not make, and the metric that is new would take its place: rename or drop it.");
            }

            found.Add(new MetricRow
            {
                Table = page.Table,
                Column = column,
                IsComplete = (short)(isComplete ? 1 : 0),
                SinceMs = known.Length == 0 && !isFresh && isComplete ? 0 : nowMs,
            });
        }

        return found;
    }

    /// <summary>The tables that have a page's columns, by the names that they have.</summary>
    private static IEnumerable<string> TablesOf(string page, List<Declaration> all) => all
        .Where(known => known.Column is null && Enum.GetValues<Breakdown>().Any(breakdown => string.Equals(known.Table, page + breakdown.TableSuffix(), StringComparison.Ordinal)))
        .Select(known => known.TableNow).Prepend(page);

    /// <summary>One that has its name already was given it by the table's owner.</summary>
    private async Task NameColumnAsync(DataConnection db, string table, Declaration metric, CancellationToken cancellationToken)
    {
        HashSet<string> columns = (await Dialect.ColumnsAsync(db, table, cancellationToken)).Select(column => column.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (columns.Contains(metric.ColumnNow!))
        {
            await ChangeAsync(
                db, $"ALTER TABLE {Dialect.Quote(table)} RENAME COLUMN {Dialect.Quote(metric.ColumnNow!)} TO {Dialect.Quote(metric.Column!)}", cancellationToken);
        }
    }

    private async Task ChangeAsync(DataConnection db, string statement, CancellationToken cancellationToken)
    {
        try
        {
            await db.ExecuteAsync(statement, cancellationToken);
        }
        catch (Exception e) when (Dialect.ExplainSchemaChange(e, statement) is { } why)
        {
            throw new StoreException($"{database.Name}: what was computed over the past cannot be given its name: {why}", e);
        }
    }

    private async Task<List<Declaration>> ListAsync(DataConnection db, CancellationToken cancellationToken)
    {
        List<BreakdownRow> breakdowns = await db.GetTable<BreakdownRow>().Where(row => row.IsOn != 0).OrderBy(row => row.Table).ToListAsync(cancellationToken);
        List<MetricRow> metrics = await Dialect.HasTableAsync(db, "dataload_metric", cancellationToken)
            ? await db.GetTable<MetricRow>().OrderBy(row => row.Table).ThenBy(row => row.Column).ToListAsync(cancellationToken) : [];
        List<BackfillMarks> marks = (await db.GetTable<PartitionRow>().Select(row => row.Backfilled).ToListAsync(cancellationToken)).ConvertAll(BackfillMarks.Parse);
        return [.. breakdowns.Select(row => row.Declared()).Concat(metrics.Select(row => row.Declared())).Select(known => known.With(marks))];
    }
}
