using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Simulation.Scenarios;

namespace DataLoad.Simulation.Checking;

/// <summary>Judging the end of a run, when all is settled and the last node has stopped in order.</summary>
internal sealed partial class Auditor
{
    public async Task JudgeAsync()
    {
        foreach ((int number, Happening happening) in _byMessage)
        {
            JudgeMessage(number, happening);
        }

        foreach (Page page in Catalog.Default.Pages)
        {
            JudgeRows(page);
        }

        await JudgeReplayAsync();
    }

    private void JudgeMessage(int number, Happening happening)
    {
        bool isCounted = IsJournaled(happening);
        if (!_acknowledged.Contains(number))
        {
            _world.Fail($"message {number} ({happening}) was never acknowledged");
        }
        else if (!isCounted && !_dead.ContainsKey(number))
        {
            _world.Fail($"lost: message {number} ({happening}) is neither counted nor dead");
        }
    }

    private void JudgeRows(Page page)
    {
        // A run in which nothing could happen has no tables.
        MemoryTable table = _state.Tables.GetValueOrDefault(page.Table) ?? new MemoryTable();
        var seen = new HashSet<RowKey>();
        for (int i = 0; i < table.Rows.Count; i++)
        {
            StatisticsRow row = table.Read(page, i);
            var key = new RowKey(page.Name, row.TopicType, row.TopicId, row.Day);
            seen.Add(key);
            if (!_entries.ContainsKey(key))
            {
                _world.Fail($"row {key} stands for no event");
            }
            else if (Difference(page, key, long.MaxValue, row.Values) is { } difference)
            {
                _world.Fail($"row {key} is wrong in the end: {difference}");
            }
        }

        foreach (RowKey key in _entries.Keys.Where(key => string.Equals(key.Page, page.Name, StringComparison.Ordinal) && !seen.Contains(key)))
        {
            _world.Fail($"row {key} is missing in the end");
        }
    }

    /// <summary>The journal, or what was kept of it when it was trimmed, gives the same.</summary>
    private async Task JudgeReplayAsync()
    {
        var store = new MemoryStore(_state);
        var replay = new JournalReplay(new CountingPlan(Catalog.Default), store.Journal, store.Snapshots);
        int rows = 0;
        for (int shard = 0; shard < _scenario.Settings.Sharding.Shards; shard++)
        {
            foreach ((CounterId id, Counter counter) in await replay.RunAsync(shard, StatisticsFilter.All, limitOf: null, CancellationToken.None))
            {
                rows++;
                var key = new RowKey(counter.Page.Name, id.Topic.Type, id.Topic.Id, id.Day);
                if (Difference(counter.Page, key, long.MaxValue, counter.Values()) is { } difference)
                {
                    _world.Fail($"the journal of shard {shard} gives another row {key}: {difference}");
                }
            }
        }

        if (rows != _entries.Count)
        {
            _world.Fail($"the journal gives {rows} rows, the events {_entries.Count}");
        }
    }
}
