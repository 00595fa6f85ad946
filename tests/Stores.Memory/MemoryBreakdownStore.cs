using DataLoad.Engine.Contract;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Storage.Memory;

/// <summary>What is broken down, in memory; tables have their names at once.</summary>
internal sealed class MemoryBreakdownStore(MemoryCalls calls) : IBreakdownStore
{
    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<AgreedBreakdown>> ListAsync(CancellationToken cancellationToken) => calls.RunAsync(
        "Breakdowns.List", state => (IReadOnlyList<AgreedBreakdown>)[.. state.Breakdowns.Where(known => known.Value.IsOn).Select(known => Agreed(state, known.Key))],
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask AgreeAsync(IReadOnlyList<StatisticsTable> on, CancellationToken cancellationToken) => await calls.RunAsync(
        "Breakdowns.Agree",
        state =>
        {
            foreach (string table in state.Breakdowns.Keys.Concat(on.Select(table => table.Name)).Distinct().ToList())
            {
                (int generation, bool wasOn, bool wasComplete) = state.Breakdowns.GetValueOrDefault(table);
                bool isOn = on.Any(wanted => string.Equals(wanted.Name, table, StringComparison.Ordinal));
                bool turnsOn = isOn && !wasOn;
                state.Breakdowns[table] = (generation + (turnsOn ? 1 : 0), isOn, turnsOn ? state.Partitions.Count == 0 : wasComplete);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlySet<string>> FilledAsync(int partition, CancellationToken cancellationToken) =>
        calls.RunAsync("Breakdowns.Filled", state => state.Filled.GetValueOrDefault(partition) ?? new HashSet<string>(), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> SaveFilledAsync(int partition, long epoch, IReadOnlyCollection<string> marks, CancellationToken cancellationToken) => calls.RunAsync(
        "Breakdowns.SaveFilled",
        state =>
        {
            bool isOwned = state.Admits(partition, epoch, []);
            if (isOwned)
            {
                state.Filled[partition] = marks.ToHashSet(StringComparer.Ordinal);
            }

            return isOwned;
        },
        cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CompleteAsync(int partitions, CancellationToken cancellationToken) => calls.RunAsync<IReadOnlyList<string>>(
        "Breakdowns.Complete",
        state =>
        {
            string[] done = [.. state.Breakdowns.Where(known => known.Value is { IsOn: true, IsComplete: false } && Agreed(state, known.Key).Filled == partitions)
                .Select(known => known.Key)];
            foreach (string table in done)
            {
                state.Breakdowns[table] = state.Breakdowns[table] with { IsComplete = true };
            }

            return done;
        },
        cancellationToken);

    private static AgreedBreakdown Agreed(MemoryStoreState state, string table)
    {
        var agreed = new AgreedBreakdown(table, state.Breakdowns[table].Generation, state.Breakdowns[table].IsComplete, 0);
        return agreed with { Filled = state.Filled.Values.Count(marks => marks.Contains(agreed.Mark)) };
    }
}
