using System.Runtime.CompilerServices;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Faults;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>The statistics tables in memory.</summary>
internal sealed class MemoryStatisticsStore(MemoryCalls calls, int pageRows) : IStatisticsStore
{
    /// <inheritdoc/>
    public async ValueTask EnsureTableAsync(StatisticsTable of, CancellationToken cancellationToken) => await calls.RunAsync(
        "Statistics.EnsureTable",
        state =>
        {
            if (!state.Tables.TryGetValue(of.Name, out MemoryTable? table))
            {
                table = new MemoryTable();
                state.Tables.Add(of.Name, table);
            }

            table.Ensure(of.Page);
            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> FlushAsync(
        StatisticsTable of, IReadOnlyList<StatisticsRow> rows, bool correct, CancellationToken cancellationToken) =>
        calls.RunAsync("Statistics.Flush", state => Flush(state, of, rows, correct), cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadAsync(StatisticsTable of, StatisticsFilter filter, CancellationToken cancellationToken) =>
        SelectAsync("Statistics.Read", of, row => filter.Matches(of.Page.Name, row.TopicType, row.TopicId, row.Day), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long> CountForeignAsync(StatisticsTable of, CancellationToken cancellationToken) => calls.RunAsync(
        "Statistics.CountForeign",
        state => (long)state.Table(of).Rows.Values.Count(row => row.SequenceNr is null),
        cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StatisticsRow> ReadForeignAsync(StatisticsTable of, CancellationToken cancellationToken) =>
        SelectAsync("Statistics.ReadForeign", of, row => row.SequenceNr is null, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AdoptAsync(StatisticsTable of, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        await calls.RunAsync(
            "Statistics.Adopt",
            state =>
            {
                MemoryTable table = state.Table(of);
                foreach (StatisticsRow row in rows)
                {
                    var key = MemoryKey.Of(row);
                    if (table.Rows.TryGetValue(key, out (long? SequenceNr, long[] Values) stored) && stored.SequenceNr is null)
                    {
                        table.Rows[key] = (0, stored.Values);
                    }
                }

                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<int>> RemoveAsync(StatisticsTable of, IReadOnlyList<StatisticsRow> rows, CancellationToken cancellationToken) =>
        calls.RunAsync<IReadOnlyList<int>>(
            "Statistics.Remove",
            state =>
            {
                var stale = new List<int>();
                MemoryTable table = state.Table(of);
                foreach (StatisticsRow row in rows)
                {
                    var key = MemoryKey.Of(row);
                    if (state.Admits(row.Shard, row.Epoch, stale)
                        && table.Rows.TryGetValue(key, out (long? SequenceNr, long[] Values) stored) && stored.SequenceNr == row.SequenceNr)
                    {
                        table.Rows.Remove(key);
                    }
                }

                return stale;
            },
            cancellationToken);

    private static IReadOnlyList<int> Flush(MemoryStoreState state, StatisticsTable of, IReadOnlyList<StatisticsRow> rows, bool correct)
    {
        if (rows.Any(row => row.SequenceNr is null))
        {
            throw new ArgumentException("A row to flush has no SequenceNr.", nameof(rows));
        }

        var stale = new List<int>();
        MemoryTable table = state.Table(of);
        foreach (StatisticsRow row in rows)
        {
            if (!state.Admits(row.Shard, row.Epoch, stale))
            {
                continue;
            }

            bool stays = !Fault.Is(FaultPoint.FlushIgnoresVersion) && table.Rows.TryGetValue(MemoryKey.Of(row), out (long? SequenceNr, long[] Values) stored)
                && (stored.SequenceNr > row.SequenceNr || (stored.SequenceNr == row.SequenceNr && !correct));
            if (!stays)
            {
                table.Put(of.Page, row, row.SequenceNr);
            }
        }

        return stale;
    }

    private async IAsyncEnumerable<StatisticsRow> SelectAsync(
        string operation, StatisticsTable of, Func<StatisticsRow, bool> means, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        MemoryKey? after = null;
        while (true)
        {
            MemoryKey? last = after;
            List<StatisticsRow> rows =
                await calls.RunAsync(operation, state => Select(state, of, means, last), cancellationToken);
            foreach (StatisticsRow row in rows)
            {
                yield return row;
            }

            if (rows.Count < pageRows)
            {
                yield break;
            }

            after = MemoryKey.Of(rows[^1]);
        }
    }

    private List<StatisticsRow> Select(MemoryStoreState state, StatisticsTable of, Func<StatisticsRow, bool> means, MemoryKey? after)
    {
        MemoryTable table = state.Table(of);
        var rows = new List<StatisticsRow>();
        for (int i = table.After(after); i < table.Rows.Count && rows.Count < pageRows; i++)
        {
            StatisticsRow row = table.Read(of.Page, i);
            if (means(row))
            {
                rows.Add(row);
            }
        }

        return rows;
    }
}
