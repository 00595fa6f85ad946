using System.Diagnostics.Metrics;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Leasing;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Storage;
using DataLoad.Engine.Storage.Memory;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sharding;

public sealed class RegionBehaviourTests : IAsyncDisposable
{
    private static readonly TopicKey Topic = new("lesson", 9);
    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly IdentityHasher Hasher = new();

    private readonly RegionHarness _harness = new() { Settings = RegionHarness.Brisk with { Shards = 1 } };

    [Fact]
    public async Task Duplicate_of_an_event_in_flight_waits_for_its_commit()
    {
        var gate = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        int appends = 0;
        _harness.OnStore = store => store.Before = async operation =>
        {
            if (operation is "Journal.Append" && Interlocked.Increment(ref appends) == 1)
            {
                reached.SetResult();
                await gate.Task;
                throw new IOException("the first append fails after all");
            }
        };
        await _harness.StartAsync();
        using var duplicates = new Total(_harness.Metrics.Duplicates);
        var original = new TagSink();
        var repeat = new TagSink();
        await _harness.PostAsync(original, 1, Shared(1));
        await reached.Task;

        await _harness.PostAsync(repeat, 2, Shared(1));
        // The shard takes batches one after another: when it has taken a third, it is done with the second.
        await _harness.PostAsync(repeat, 3, Shared(1));
        await WaitFor.ConditionAsync(() => duplicates.Value == 2, "the duplicates to be seen", _harness.Running);
        repeat.Count.ShouldBe(0);

        gate.SetResult();
        await repeat.WhenAsync(2);
        original.Done.ShouldBe([1UL]);
        _harness.JournalOf(0).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_duplicate_of_a_journaled_event_is_done_at_once_though_the_store_is_away()
    {
        bool away = false;
        _harness.OnStore = store => store.Before = operation => away && operation is "Journal.Append" ? throw new IOException("away") : ValueTask.CompletedTask;
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1));
        away = true;

        await _harness.CountAsync(Shared(1));

        _harness.JournalOf(0).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Of_two_values_of_one_event_the_first_journaled_stands()
    {
        await _harness.StartAsync();

        await _harness.CountAsync(Shared(1));
        await _harness.CountAsync(Shared(1) with { Day = Shared(1).Day + 1, WuId = 77 });
        await _harness.StopAsync();

        _harness.Rows().ShouldBe(RegionHarness.Expected([Shared(1)]));
    }

    [Fact]
    public async Task The_same_key_counts_once_in_each_stream_and_topic()
    {
        EventSpec buy = Bought(7);
        EventSpec elsewhere = buy with { Topic = new TopicKey("lesson", 10) };
        EventSpec cancelled = buy with { Stream = Catalog.Default.FindStream("act.cancel-pay")! };
        await _harness.StartAsync();

        await _harness.CountAsync(buy, elsewhere, cancelled, buy, elsewhere, cancelled);
        await _harness.StopAsync();

        _harness.JournalOf(0).Count.ShouldBe(3);
        _harness.Rows().ShouldBe(RegionHarness.Expected([buy, elsewhere, cancelled]));
    }

    [Fact]
    public async Task A_hashed_identity_is_forgotten_after_its_window_and_a_key_is_not()
    {
        var time = new Scheduling.ManualTime();
        await using var harness = new RegionHarness { Settings = RegionHarness.Brisk with { Shards = 1, IdentityWindow = TimeSpan.FromDays(7), FlushInterval = TimeSpan.FromHours(1) }, Time = time };
        await harness.StartAsync();
        await harness.CountAsync(Shared(1), Bought(7));

        time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromMinutes(1));
        await harness.CountAsync(Shared(1), Bought(7));
        harness.JournalOf(0).Count.ShouldBe(2);

        time.Advance(TimeSpan.FromDays(8));
        await harness.CountAsync(Shared(1), Bought(7));
        harness.JournalOf(0).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Rows_are_written_once_no_event_has_come_for_a_tenth_of_the_flush_interval_and_not_before()
    {
        var time = new Scheduling.ManualTime();
        await using var harness = new RegionHarness { Settings = RegionHarness.Brisk with { Shards = 1, FlushInterval = TimeSpan.FromHours(1), CheckpointInterval = TimeSpan.FromDays(1) }, Time = time };
        await harness.StartAsync();

        // The first rows of a start wait for nothing.
        await harness.CountAsync(Shared(1));
        await WaitFor.ConditionAsync(() => harness.Rows().Length > 0, "the first rows to be written", harness.Running);
        string[] first = harness.Rows();
        time.Advance(TimeSpan.FromMinutes(5));
        await harness.CountAsync(Shared(2));
        time.Advance(TimeSpan.FromMinutes(5));
        await harness.CountAsync(Shared(3));
        harness.Rows().ShouldBe(first);

        time.Advance(TimeSpan.FromMinutes(6));

        string[] all = RegionHarness.Expected([Shared(1), Shared(2), Shared(3)]);
        await WaitFor.ConditionAsync(() => harness.Rows().SequenceEqual(all), "the rows to be written", harness.Running);
    }

    [Fact]
    public async Task What_arrives_while_a_block_commits_is_counted_when_the_commit_ends()
    {
        var committing = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        _harness.OnStore = store => store.Before = async operation =>
        {
            if (string.Equals(operation, "Journal.Append", StringComparison.Ordinal))
            {
                committing.TrySetResult();
                await release.Task;
            }
        };
        await _harness.StartAsync();
        var sink = new TagSink();
        await _harness.PostAsync(sink, 1, Shared(1));
        await committing.Task;
        for (ulong tag = 2; tag <= 100; tag++)
        {
            await _harness.PostAsync(sink, tag, Shared((int)tag));
        }

        release.SetResult();

        await WaitFor.ConditionAsync(() => sink.Count == 100, "all to be durable", _harness.Running);
    }

    [Theory]
    [InlineData("Journal.Append")]
    [InlineData("Statistics.Flush")]
    [InlineData("Snapshots.Save")]
    [InlineData("Snapshots.SaveCheckpoint")]
    public async Task A_stale_epoch_ends_the_shard_whatever_it_writes(string write)
    {
        bool taken = false;
        _harness.OnStore = store => store.Before = async operation =>
        {
            if (string.Equals(operation, write, StringComparison.Ordinal) && !taken)
            {
                taken = true;
                await TakeOverAsync();
            }
        };
        await _harness.StartAsync();
        var sink = new TagSink();

        await _harness.PostAsync(sink, 1, Shared(1));
        StaleEpochException stale = await Should.ThrowAsync<StaleEpochException>(_harness.Running.WaitAsync(TimeSpan.FromSeconds(20)));

        stale.Shard.ShouldBe(0);
        int journaled = _harness.JournalOf(0).Count;
        sink.Count.ShouldBe(journaled);
        journaled.ShouldBe(write is "Journal.Append" ? 0 : 1);
        if (write is "Journal.Append" or "Statistics.Flush")
        {
            _harness.Rows().ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_zombie_does_not_move_a_row_back()
    {
        var gate = new TaskCompletionSource();
        var reached = new TaskCompletionSource();
        _harness.OnStore = store => store.Before = async operation =>
        {
            if (operation is "Statistics.Flush")
            {
                reached.TrySetResult();
                await gate.Task;
            }
        };
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1));
        await reached.Task;
        Task zombie = _harness.Running;
        _harness.OnStore = null;

        await _harness.StartAsync();
        await _harness.CountAsync(Shared(2));
        await _harness.StopAsync();
        string[] rows = _harness.Rows();
        gate.SetResult();
        await Should.ThrowAsync<StaleEpochException>(zombie.WaitAsync(TimeSpan.FromSeconds(20)));

        rows.ShouldBe(RegionHarness.Expected([Shared(1), Shared(2)]));
        _harness.Rows().ShouldBe(rows);
    }

    [Fact]
    public async Task The_checkpoint_waits_for_the_flush()
    {
        bool away = true;
        int saves = 0;
        _harness.OnStore = store =>
        {
            store.Before = operation => away && operation is "Statistics.Flush" ? throw new IOException("away") : ValueTask.CompletedTask;
            store.After = operation =>
            {
                saves += operation is "Snapshots.Save" ? 1 : 0;
                return ValueTask.CompletedTask;
            };
        };
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), Bought(3));
        await WaitFor.ConditionAsync(() => Volatile.Read(ref saves) >= 2, "the snapshots to be saved", _harness.Running);
        _harness.State.CheckpointOf(0).SequenceNr.ShouldBe(0);

        away = false;
        await WaitFor.ConditionAsync(() => _harness.Region.Status.Single().CheckpointSequenceNr == 2, "the checkpoint", _harness.Running);
        _harness.BehindCheckpoint(0).ShouldBeEmpty();
    }

    [Fact]
    public async Task After_its_checkpoint_a_shard_recovers_without_the_journal()
    {
        EventSpec[] events = new RandomEvents(5).Take(40, identified: true);
        await _harness.StartAsync();
        await _harness.CountAsync(events);
        await _harness.StopAsync();
        string[] rows = _harness.Rows();
        lock (_harness.State.Gate)
        {
            _harness.State.Journals.Clear();
        }

        await _harness.StartAsync();
        await _harness.CountAsync(events);
        await _harness.StopAsync();

        _harness.Rows().ShouldBe(rows);
    }

    [Fact]
    public async Task What_a_shard_never_stored_is_not_asked_for_and_what_it_stored_is()
    {
        int loads = 0;
        _harness.Settings = _harness.Settings with { CheckpointInterval = TimeSpan.FromHours(1) };
        _harness.OnStore = store => store.Before = operation =>
        {
            loads += operation is "Snapshots.Load" ? 1 : 0;
            return ValueTask.CompletedTask;
        };
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), Bought(3));
        loads.ShouldBe(0);
        await _harness.StopAsync();
        string[] rows = _harness.Rows();
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), Bought(3));
        await _harness.StopAsync();

        loads.ShouldBeGreaterThan(0);
        _harness.Rows().ShouldBe(rows);
    }

    [Fact]
    public async Task The_memory_budget_is_kept_though_more_new_counters_wait_than_it_holds()
    {
        const int Batches = 100;
        const int EventsOfABatch = 20;
        long most = 0;
        _harness.Settings = RegionHarness.Brisk with { Shards = 1, MemoryBudgetBytes = 1024 * 1024 };
        _harness.OnStore = store => store.Before = _ =>
        {
            most = Math.Max(most, _harness.Region?.Budget.UsedBytes ?? 0);
            return ValueTask.CompletedTask;
        };
        await _harness.StartAsync(recovered: false);
        var sink = new TagSink();
        for (int i = 0; i < Batches; i++)
        {
            await _harness.PostAsync(
                sink,
                firstTag: ((ulong)i * EventsOfABatch) + 1,
                [.. Enumerable.Range(i * EventsOfABatch, EventsOfABatch).Select(id => Shared(id) with { Topic = new TopicKey("lesson", id + 1) })]);
        }

        await WaitFor.ConditionAsync(() => sink.Count == Batches * EventsOfABatch, "the events to be durable", _harness.Running);
        await _harness.StopAsync();

        most.ShouldBeLessThanOrEqualTo(_harness.Settings.MemoryBudgetBytes);
        _harness.RowsOf().Count.ShouldBe(Batches * EventsOfABatch);
        _harness.RowsOf().ShouldAllBe(row => row.Values.Any(value => value == 1));
    }

    [Fact]
    public async Task A_rebuild_corrects_tampered_missing_and_extra_rows_and_nothing_else()
    {
        EventSpec[] events = [Shared(1), Shared(2) with { Topic = new TopicKey("lesson", 10) }, Shared(3) with { Topic = new TopicKey("lesson", 11) }, Shared(4) with { Topic = new TopicKey("lesson", 12) }];
        await _harness.StartAsync();
        await _harness.CountAsync(events);
        await _harness.Region.KeepAsync();
        string[] rows = _harness.Rows();
        Page page = RegionHarness.PageOf("act");
        lock (_harness.State.Gate)
        {
            MemoryTable table = _harness.State.Table(page);
            int day = events[0].Day;
            table.Rows[new MemoryKey("lesson", 9, day)].Values[0] += 5;
            table.Rows.Remove(new MemoryKey("lesson", 10, day)).ShouldBeTrue();
            (long? SequenceNr, long[] Values) ahead = table.Rows[new MemoryKey("lesson", 11, day)];
            table.Rows[new MemoryKey("lesson", 11, day)] = (999, [.. ahead.Values.Select(value => value + 1)]);
            table.Rows.Add(new MemoryKey("lesson", 13, day), (1, new long[page.Metrics.Length]));
        }

        RebuildResult result = await _harness.Region.RebuildAsync(StatisticsFilter.All).WaitAsync(TimeSpan.FromSeconds(20));

        result.ShouldBe(new RebuildResult(Counters: 4, Corrected: 3, Removed: 1));
        _harness.Rows().ShouldBe(rows);
        (await _harness.Region.RebuildAsync(StatisticsFilter.All)).ShouldBe(new RebuildResult(4, 0, 0));
    }

    [Fact]
    public async Task A_rebuild_of_one_topic_leaves_the_others_alone()
    {
        EventSpec other = Shared(2) with { Topic = new TopicKey("lesson", 10) };
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), other);
        await _harness.Region.KeepAsync();
        lock (_harness.State.Gate)
        {
            foreach ((long? _, long[] values) in _harness.State.Table(RegionHarness.PageOf("act")).Rows.Values)
            {
                values[2] = 50;
            }
        }

        RebuildResult result = await _harness.Region.RebuildAsync(new StatisticsFilter(TopicId: 9)).WaitAsync(TimeSpan.FromSeconds(20));

        result.ShouldBe(new RebuildResult(1, 1, 0));
        _harness.RowsOf().Select(row => $"{row.Key.TopicId} {row.Values[2]}").ShouldBe(["9 1", "10 50"]);
    }

    [Fact]
    public async Task A_damaged_snapshot_sets_one_counter_aside_and_a_rebuild_mends_it()
    {
        EventSpec healthy = Shared(2) with { Topic = new TopicKey("lesson", 10) };
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), healthy);
        await _harness.StopAsync();
        string[] before = _harness.Rows();
        lock (_harness.State.Gate)
        {
            _harness.State.Snapshots[(0, SnapshotKind.Counter)][SnapshotKeys.Of(Shared(1).CounterId)].Bytes[3] ^= 1;
        }

        await _harness.StartAsync();
        await _harness.CountAsync(Shared(3), healthy with { Identity = Id(4) });
        await _harness.Region.KeepAsync();

        _harness.Region.Status.Single().Damaged.ShouldBe(1);
        _harness.Rows().ShouldBe([.. RegionHarness.Expected([Shared(1), healthy, healthy with { Identity = Id(4) }])]);
        before.ShouldBe(RegionHarness.Expected([Shared(1), healthy]));

        await _harness.Region.RebuildAsync(StatisticsFilter.All).WaitAsync(TimeSpan.FromSeconds(20));
        await _harness.CountAsync(Shared(5));
        await _harness.StopAsync();
        string[] mended = RegionHarness.Expected([Shared(1), healthy, healthy with { Identity = Id(4) }, Shared(3), Shared(5)]);
        _harness.Rows().ShouldBe(mended);
        await _harness.StartAsync();
        _harness.Region.Status.Single().Damaged.ShouldBe(0);
    }

    [Fact]
    public async Task Rows_that_the_engine_did_not_write_are_refused()
    {
        await _harness.StartAsync();
        await _harness.StopAsync();
        _harness.State.PutForeign(RegionHarness.PageOf("act"), Foreign());

        (await Should.ThrowAsync<StoreException>(() => _harness.StartAsync())).Message.ShouldContain("data_load_act_date");
    }

    [Fact]
    public async Task Adopted_rows_are_added_to_through_restarts_and_a_rebuild()
    {
        Page page = RegionHarness.PageOf("act");
        await _harness.StartAsync();
        await _harness.StopAsync();
        StatisticsRow foreign = Foreign();
        _harness.State.PutForeign(page, foreign, foreign with { TopicId = 500 });
        _harness.Adopt = true;

        long[] sum = [.. foreign.Values];
        sum[page.IndexOf("share_cnt")] += 2;
        sum[page.IndexOf("share_user_cnt")] += 1;
        await _harness.StartAsync();
        await _harness.CountAsync(Shared(1), Shared(2));
        await _harness.StopAsync();
        ShouldBeAdopted(sum, foreign.Values);

        await _harness.StartAsync();
        await _harness.CountAsync(Shared(2));
        RebuildResult nothing = await _harness.Region.RebuildAsync(StatisticsFilter.All).WaitAsync(TimeSpan.FromSeconds(20));
        nothing.ShouldBe(new RebuildResult(2, 0, 0));
        await _harness.StopAsync();
        ShouldBeAdopted(sum, foreign.Values);
    }

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    private void ShouldBeAdopted(long[] counted, long[] untouched) => _harness.RowsOf()
        .Select(row => $"{row.Key.TopicId}: {string.Join(' ', row.Values)}")
        .ShouldBe([$"9: {string.Join(' ', counted)}", $"500: {string.Join(' ', untouched)}"]);

    private static StatisticsRow Foreign() => new()
    {
        TopicType = "lesson",
        TopicId = 9,
        Day = Shared(1).Day,
        SequenceNr = null,
        Values = [.. Enumerable.Range(1000, RegionHarness.PageOf("act").Metrics.Length).Select(value => (long)value)],
    };

    private async Task TakeOverAsync()
    {
        _harness.State.EndSession("node-1");
        LeaseAttempt attempt = await new MemoryStore(_harness.State).Leases.AcquireAsync(
            new NodeInfo { Id = "usurper", Address = "", Secret = "" }, [0], TimeSpan.FromHours(1), default);
        attempt.Granted.Count.ShouldBe(1);
    }

    private static EventId Id(int id) => Hasher.OfMessageId(Share, Topic, $"m{id}");

    private static EventSpec Shared(int id) => new(Share, Topic, 1_772_323_200_000, 739_675, 42, null, ["s", "", "", ""], [], Id(id));

    private static EventSpec Bought(int order) =>
        new(Catalog.Default.FindStream("act.buy")!, Topic, 1_772_323_200_000, 739_675, 42, null, ["s", "", "", ""], [1, 2, 3, 400, 0, 1], EventId.Key(order));

    /// <summary>Adds up one instrument of one engine.</summary>
    private sealed class Total : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _value;

        public Total(Instrument instrument)
        {
            _listener.EnableMeasurementEvents(instrument);
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _value, value));
            _listener.Start();
        }

        public long Value => Interlocked.Read(ref _value);

        public void Dispose() => _listener.Dispose();
    }
}
