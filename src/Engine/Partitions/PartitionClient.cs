using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Partitions;

/// <summary>Asks Partitions, wherever they are, on behalf of people: the API, the console. Thread-safe.</summary>
public sealed class PartitionClient(IActorRef region, PartitionSettings settings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongPatience = TimeSpan.FromMinutes(2);

    /// <summary>The ShardRegion.</summary>
    internal IActorRef Region => region;

    /// <summary>Writes all rows that changed until now to the statistics tables.</summary>
    /// <exception cref="PartitionNotServingException">A Partition is not serving.</exception>
    /// <exception cref="AskTimeoutException">A Partition did not answer in time.</exception>
    public Task FlushAsync(CancellationToken cancellationToken) => FlushAsync(Enumerable.Range(0, settings.Partitions), cancellationToken);

    /// <summary>Flushes all that some Partitions had persisted until now.</summary>
    /// <exception cref="PartitionNotServingException">A Partition is not serving.</exception>
    /// <exception cref="AskTimeoutException">A Partition did not answer in time.</exception>
    public Task FlushAsync(IEnumerable<int> partitions, CancellationToken cancellationToken) => Task.WhenAll(
        partitions.Select(partition => AskAsync<Done>(new FlushNow(partition), LongPatience, cancellationToken)));

    /// <summary>Flushes and checkpoints all that was persisted until now.</summary>
    /// <exception cref="PartitionNotServingException">A Partition is not serving.</exception>
    /// <exception cref="AskTimeoutException">A Partition did not answer in time.</exception>
    public Task CheckpointAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, settings.Partitions)
        .Select(partition => AskAsync<Done>(new CheckpointNow(partition), LongPatience, cancellationToken)));

    /// <summary>Saves Counters as they are now, so that what they hold can be read from the store.</summary>
    /// <param name="page">Their page.</param>
    /// <param name="from">The first of their days, as <see cref="DateOnly.DayNumber"/>.</param>
    /// <param name="to">The last one.</param>
    /// <param name="topics">Their topics; empty for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="PartitionNotServingException">A Partition is not serving.</exception>
    /// <exception cref="AskTimeoutException">A Partition did not answer in time.</exception>
    public Task SaveAsync(Page page, int from, int to, IReadOnlyList<TopicKey> topics, CancellationToken cancellationToken)
    {
        IEnumerable<SaveCounters> requests = topics.Count == 0
            ? Enumerable.Range(0, settings.Partitions).Select(partition => new SaveCounters(partition, page.Id, from, to, []))
            : topics.Distinct().GroupBy(topic => topic.ShardOf(settings.Partitions)).SelectMany(group => group.Chunk(SaveCounters.MaxTopics)
                .Select(some => new SaveCounters(group.Key, page.Id, from, to, some)));
        return Task.WhenAll(requests.Select(request => AskAsync<Done>(request, LongPatience, cancellationToken)));
    }

    /// <summary>A topic's Counters in memory, as a flush would write them: of some days (<see cref="DateOnly.DayNumber"/>), and what waits for it.</summary>
    /// <exception cref="PartitionNotServingException">The topic's Partition is not serving.</exception>
    /// <exception cref="AskTimeoutException">It did not answer in time.</exception>
    public async Task<IReadOnlyList<StatisticsRow>> TopicAsync(Page page, TopicKey topic, IReadOnlyList<int> days, CancellationToken cancellationToken)
    {
        int partition = topic.ShardOf(settings.Partitions);
        int[] sorted = [.. days.Order()];
        var rows = new List<StatisticsRow>();
        int from = DateOnly.MinValue.DayNumber;
        while (from <= DateOnly.MaxValue.DayNumber)
        {
            int[] asked = [.. sorted.SkipWhile(day => day < from).Take(GetTopic.MaxDays)];
            int through = asked.Length < GetTopic.MaxDays ? DateOnly.MaxValue.DayNumber : asked[^1];
            TopicRows part = await AskAsync<TopicRows>(new GetTopic(partition, page.Id, topic, asked, from, through), Patience, cancellationToken);
            rows.AddRange(part.Rows);
            from = part.Through + 1;
        }

        return rows;
    }

    /// <summary>Computes the Counters that a filter means anew from the journal, and corrects their rows; one Partition after the other. One whose journal is
    /// damaged does not keep the others from it.</summary>
    /// <param name="filter">Which Counters. One topic's are in one Partition, and only that is read.</param>
    /// <param name="progress">Told how many Partitions are done, after each.</param>
    /// <param name="cancellationToken">Ends the wait; the Partition that is at it goes on.</param>
    /// <exception cref="StoredFormatException">The journal or baseline of some Partitions is damaged; the others are done.</exception>
    /// <exception cref="PartitionNotServingException">A Partition is not serving.</exception>
    public async Task<RebuildTotals> RebuildAsync(StatisticsFilter filter, Action<int>? progress, CancellationToken cancellationToken)
    {
        var total = new RebuildTotals(0, 0, 0);
        var damages = new List<string>();
        for (int partition = 0; partition < settings.Partitions; partition++)
        {
            if (MayHold(partition, filter))
            {
                Rebuilt rebuilt = await AskAsync<Rebuilt>(new Rebuild(partition, filter), Timeout.InfiniteTimeSpan, cancellationToken);
                total = new RebuildTotals(total.Counters + rebuilt.Counters, total.Corrected + rebuilt.Corrected, total.Removed + rebuilt.Removed);
                if (rebuilt.Damage is { } damage)
                {
                    damages.Add(damage);
                }
            }

            progress?.Invoke(partition + 1);
        }

        return damages.Count == 0 ? total : throw new StoredFormatException($"{string.Join(' ', damages)} What is named was not rebuilt; "
            + $"of the rest, {total.Counters} Counters were computed and {total.Corrected} rows corrected.");
    }

    private bool MayHold(int partition, StatisticsFilter filter) =>
        filter.TopicType is not { } type || filter.TopicId is not { } id || new TopicKey(type, id).ShardOf(settings.Partitions) == partition;

    private async Task<T> AskAsync<T>(IPartitionMessage question, TimeSpan patience, CancellationToken cancellationToken)
        where T : IPartitionAnswer => await region.Ask<IPartitionAnswer>(question, patience, cancellationToken) switch
        {
            T answer => answer,
            NotServing refusal => throw new PartitionNotServingException(refusal),
            IPartitionAnswer other => throw new InvalidOperationException(
                $"Partition {question.Partition} answered {question.GetType().Name} by {other.GetType().Name}."),
        };
}

/// <summary>A Partition was asked for something before it serves, or after.</summary>
/// <param name="refusal">Which, and what it is doing.</param>
public sealed class PartitionNotServingException(NotServing refusal)
    : Exception($"Partition {refusal.Partition} is not serving: {refusal.Phase}. Try again in a moment.");

/// <summary>What a rebuild did, over all Partitions: how many Counters were computed, and how many rows written and removed.</summary>
public sealed record RebuildTotals(long Counters, long Corrected, long Removed);
