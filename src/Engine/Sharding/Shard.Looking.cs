using System.Collections.Concurrent;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Sharding;

/// <summary>
/// Answers questions about what is in memory. A look runs between two steps of the loop and changes nothing, so it need
/// not wait until nothing is in flight, as a command does.
/// </summary>
internal sealed partial class Shard
{
    private readonly ConcurrentQueue<(Action Look, Action Cancel)> _looks = new();

    /// <summary>Flushes all that has changed until now.</summary>
    public Task FlushAllAsync() => ExecuteAsync(new ShardCommand((shard, token) => shard.FlushNowAsync(token)));

    /// <summary>A topic's Counters in memory: of the given days, and any that waits for its flush.</summary>
    public async Task<IReadOnlyList<StatisticsRow>> LookAsync(Page page, TopicKey topic, IReadOnlyCollection<int> days)
    {
        var found = new TaskCompletionSource<IReadOnlyList<StatisticsRow>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_commandLock)
        {
            if (_ended)
            {
                throw new OperationCanceledException($"Shard {Number} is not owned here any more.");
            }

            _looks.Enqueue((() => found.TrySetResult(Find(page, topic, days)), () => found.TrySetCanceled()));
        }

        _wake.Set();
        return await found.Task.ConfigureAwait(false);
    }

    private List<StatisticsRow> Find(Page page, TopicKey topic, IReadOnlyCollection<int> days)
    {
        var rows = new Dictionary<int, StatisticsRow>();
        foreach (int day in days)
        {
            Add(_state.Find(new CounterId(page.Id, topic, day)));
        }

        foreach (CounterSlot slot in _state.FlushList)
        {
            Add(slot);
        }

        return [.. rows.Values];

        void Add(CounterSlot? slot)
        {
            if (slot is { Damage: null } && slot.Counter.Page == page && slot.Counter.Id.Topic.Equals(topic))
            {
                rows[slot.Counter.Id.Day] = RowOf(slot.Counter, correct: false).Row;
            }
        }
    }

    private async ValueTask FlushNowAsync(CancellationToken cancellationToken)
    {
        _keepNow = true;
        try
        {
            while (_flush is not null || _state.FlushList.Count > 0)
            {
                bool progress = await FinishUpkeepAsync().ConfigureAwait(false);
                progress |= StartFlush(cancellationToken);
                if (!progress)
                {
                    Task[] writing = [.. new Task?[] { _flush, _save }.OfType<Task>()];
                    await Task.WhenAny(writing).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _keepNow = false;
        }
    }

    private void RunLooks()
    {
        while (_looks.TryDequeue(out (Action Look, Action Cancel) look))
        {
            look.Look();
        }
    }

    private void FailLooks()
    {
        while (_looks.TryDequeue(out (Action Look, Action Cancel) look))
        {
            look.Cancel();
        }
    }
}
