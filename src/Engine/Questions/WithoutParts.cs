using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Questions;

/// <summary>Finds what of a topic's rows has no parts: it stood before the journal begins, or was adopted, and nobody knows what led to it. Thread-safe.</summary>
/// <param name="snapshots">The snapshots.</param>
/// <param name="partitions">How many Partitions there are.</param>
public sealed class WithoutParts(ISnapshotStore snapshots, int partitions)
{
    /// <summary>The days of a topic whose baseline counts more than its parts do.</summary>
    /// <param name="page">The page.</param>
    /// <param name="breakdown">The breakdown.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="days">The days, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The days, and of each the first count or amount that parts do not add up to, with what they lack; amounts in hundredths.</returns>
    /// <exception cref="StoredFormatException">A baseline is damaged.</exception>
    public async Task<IReadOnlyList<(int Day, int Metric, long Value)>> FindAsync(
        Page page, Breakdown breakdown, TopicKey topic, IEnumerable<int> days, CancellationToken cancellationToken)
    {
        CounterId[] ids = [.. days.Select(day => new CounterId(page.Id, topic, day))];
        Dictionary<CounterId, StoredCounter> stored = await new StoredCounters(snapshots, SnapshotKind.Baseline)
            .LoadAsync(topic.ShardOf(partitions), ids, _ => page, cancellationToken);
        var found = new List<(int, int, long)>();
        foreach ((CounterId id, StoredCounter state) in stored.OrderBy(one => one.Key.Day))
        {
            Counter counter = state.Decode(id, page, long.MaxValue);
            for (int metric = 0; metric < page.Metrics.Length; metric++)
            {
                long parts = counter.Find(breakdown)?.Parts.Sum(part => part.Values(page)[metric]) ?? 0;
                if (page.Metrics[metric].Kind != MetricKind.Distinct && counter.Value(metric) > parts)
                {
                    found.Add((id.Day, metric, counter.Value(metric) - parts));
                    break;
                }
            }
        }

        return found;
    }
}
