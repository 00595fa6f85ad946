using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;

namespace DataLoad.Engine.Questions;

/// <summary>Finds what of rows has no parts: it stood before the journal begins, or was adopted, and nobody knows what led to it. Thread-safe.</summary>
/// <param name="snapshots">The snapshots.</param>
/// <param name="partitions">How many Partitions there are.</param>
public sealed class WithoutParts(ISnapshotStore snapshots, int partitions)
{
    private const int CountersAtOnce = 256;

    /// <summary>The Counters whose baseline counts more than its parts do.</summary>
    /// <param name="page">The page.</param>
    /// <param name="breakdown">The breakdown.</param>
    /// <param name="ids">The Counters that are looked at.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The Counters by topic and day, and of each the first count or amount that parts do not add up to, else the first distinct metric that they do not
    /// unite to, with what they lack; amounts in hundredths.</returns>
    /// <exception cref="StoredFormatException">A baseline is damaged.</exception>
    public async Task<IReadOnlyList<(CounterId Id, int Metric, long Value)>> FindAsync(
        Page page, Breakdown breakdown, IEnumerable<CounterId> ids, CancellationToken cancellationToken)
    {
        var baselines = new StoredCounters(snapshots, SnapshotKind.Baseline);
        var found = new List<(CounterId Id, int Metric, long Value)>();
        foreach (IGrouping<int, CounterId> partition in ids.GroupBy(id => id.Topic.ShardOf(partitions)))
        {
            foreach (CounterId[] some in partition.Chunk(CountersAtOnce))
            {
                foreach ((CounterId id, StoredCounter state) in await baselines.LoadAsync(partition.Key, some, _ => page, cancellationToken))
                {
                    Counter counter = state.Decode(id, page, long.MaxValue);
                    if (Lacking(counter, counter.Find(breakdown)?.Parts ?? []) is { } lacking)
                    {
                        found.Add((id, lacking.Metric, lacking.Value));
                    }
                }
            }
        }

        return [.. found.OrderBy(lacking => lacking.Id.Topic.Type, StringComparer.Ordinal).ThenBy(lacking => lacking.Id.Topic.Id).ThenBy(lacking => lacking.Id.Day)];
    }

    private static (int Metric, long Value)? Lacking(Counter counter, IReadOnlyCollection<CounterPart> parts)
    {
        long[] left = counter.Values();
        foreach (CounterPart part in parts)
        {
            long[] values = part.Values(counter.Page);
            for (int metric = 0; metric < left.Length; metric++)
            {
                left[metric] -= values[metric];
            }
        }

        for (int metric = 0; metric < left.Length; metric++)
        {
            if (counter.Page.Metrics[metric].Kind != MetricKind.Distinct && left[metric] > 0)
            {
                return (metric, left[metric]);
            }
        }

        // People of several parts may be the same.
        for (int metric = 0; metric < left.Length; metric++)
        {
            if (counter.Page.Metrics[metric].Kind == MetricKind.Distinct
                && counter.Value(metric) - IdSet.Union([.. parts.Select(part => part.Set(metric)).OfType<IdSet>()]).Count is > 0 and long people)
            {
                return (metric, people);
            }
        }

        return null;
    }
}
