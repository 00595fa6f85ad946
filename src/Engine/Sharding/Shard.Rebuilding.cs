using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;

namespace DataLoad.Engine.Sharding;

/// <summary>What the shard does on demand: keep all now, and rebuild Counters from the journal.</summary>
internal sealed partial class Shard
{
    public Task KeepAsync() => ExecuteAsync(new ShardCommand((shard, token) => shard.KeepAllAsync(token)));

    public async Task<RebuildResult> RebuildAsync(StatisticsFilter filter)
    {
        RebuildResult? result = null;
        await ExecuteAsync(new ShardCommand(async (shard, token) => result = await shard.RebuildNowAsync(filter, token).ConfigureAwait(false))).ConfigureAwait(false);
        return result!;
    }

    private async ValueTask<RebuildResult> RebuildNowAsync(StatisticsFilter filter, CancellationToken cancellationToken)
    {
        await KeepAllAsync(cancellationToken).ConfigureAwait(false);
        var replay = new JournalReplay(_context.Plan, _context.Journal, _context.Snapshots);
        Dictionary<CounterId, Counter> counters = await replay.RunAsync(Number, filter, limitOf: null, cancellationToken).ConfigureAwait(false);
        foreach (Counter counter in counters.Values)
        {
            Replace(counter);
        }

        var wrong = new List<FlushRow>();
        int removed = 0;
        foreach (Page page in _context.Plan.Catalog.Pages)
        {
            removed += await CompareAsync(page, filter, counters, wrong, cancellationToken).ConfigureAwait(false);
        }

        foreach (FlushRow[] slice in wrong.Chunk(_context.Settings.MaxFlushRows))
        {
            RequireFresh(await _context.FlushWriter.WriteAsync(slice, cancellationToken).ConfigureAwait(false));
        }

        await KeepAllAsync(cancellationToken).ConfigureAwait(false);
        return new RebuildResult(counters.Count, wrong.Count, removed);
    }

    private void Replace(Counter counter)
    {
        CounterSlot slot = _state.Find(counter.Id) ?? _state.Supply(counter);
        slot.Counter = counter;
        if (slot.Damage is not null)
        {
            slot.Damage = null;
            slot.IsDamageReported = false;
            _damaged--;
        }

        slot.SnapshotSequenceNr = -1;
        _state.MarkChanged(slot);
        _state.Account(slot);
    }

    /// <summary>Finds the rows that are to be written, and removes those that no event accounts for.</summary>
    private async ValueTask<int> CompareAsync(
        Page page,
        StatisticsFilter filter,
        Dictionary<CounterId, Counter> counters,
        List<FlushRow> wrong,
        CancellationToken cancellationToken)
    {
        var spurious = new List<StatisticsRow>();
        var found = new HashSet<CounterId>();
        if (filter.Page is null || string.Equals(filter.Page, page.Name, StringComparison.Ordinal))
        {
            await foreach (StatisticsRow row in _context.Statistics.ReadAsync(page, filter, cancellationToken).ConfigureAwait(false))
            {
                var id = new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day);
                if (id.Topic.ShardOf(_context.Settings.Shards) != Number)
                {
                    continue;
                }

                found.Add(id);
                if (!counters.TryGetValue(id, out Counter? counter))
                {
                    if (row.SequenceNr is null)
                    {
                        // Somebody else's row: the next start refuses or adopts it.
                        continue;
                    }

                    spurious.Add(row with { Shard = Number, Epoch = _lease.Epoch });
                }
                else if (row.SequenceNr != counter.SequenceNr || !row.Values.AsSpan().SequenceEqual(counter.Values()))
                {
                    if (row.SequenceNr > counter.SequenceNr)
                    {
                        // No write may move a row back, so one that claims more than the journal has goes first.
                        spurious.Add(row with { Shard = Number, Epoch = _lease.Epoch });
                    }

                    wrong.Add(RowOf(counter, correct: true));
                }
            }
        }

        wrong.AddRange(counters.Values.Where(counter => counter.Page == page && !found.Contains(counter.Id)).Select(counter => RowOf(counter, correct: true)));
        if (spurious.Count > 0)
        {
            await _context.Statistics.RemoveAsync(page, spurious, cancellationToken).ConfigureAwait(false);
        }

        return spurious.Count(row => !counters.ContainsKey(new CounterId(page.Id, new TopicKey(row.TopicType, row.TopicId), row.Day)));
    }
}
