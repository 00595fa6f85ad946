using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Sharding;
using DataLoad.Engine.Statistics;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tests.Scheduling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Sharding;

/// <summary>Seen identities whose stored form is damaged: made anew from the journal where that can give them, and refused where it cannot.</summary>
public sealed class RegionMendingTests : IAsyncDisposable
{
    private const byte Directory = 1;
    private const byte Page = 2;

    private static readonly TopicKey Topic = new("lesson", 9);
    private static readonly StreamDefinition Share = Catalog.Default.FindStream("act.share")!;
    private static readonly IdentityHasher Hasher = new();

    private readonly RegionHarness _harness = new() { Settings = RegionHarness.Brisk with { Shards = 1 } };

    [Theory]
    [InlineData(Directory, false)]
    [InlineData(Page, false)]
    [InlineData(Directory, true)]
    [InlineData(Page, true)]
    public async Task A_segment_of_which_rows_are_damaged_or_lost_is_made_anew_and_still_knows_every_duplicate(byte kind, bool lost)
    {
        EventSpec[] events = [.. Enumerable.Range(1, 60).Select(Shared)];
        await CountAllAsync(events);
        int damaged = Damage(SnapshotKind.SeenHashes, key => key[0] == kind, lost);
        damaged.ShouldBeGreaterThan(0);

        // A page that has lost its directory is no segment, and nobody asks for it: only a directory that is damaged shows.
        bool isForgotten = kind == Directory && lost;
        await _harness.StartAsync();
        await _harness.CountAsync(isForgotten ? [Shared(61)] : [.. events, Shared(61)]);
        await _harness.StopAsync();
        _harness.JournalOf(0).Count.ShouldBe(61);
        _harness.Rows().ShouldBe(RegionHarness.Expected([.. events, Shared(61)]));

        // What was mended is stored anew in place of what was damaged: the next start finds nothing wrong.
        if (!isForgotten)
        {
            ShouldAllDecode();
            await _harness.StartAsync();
            await _harness.CountAsync([.. events, Shared(61)]);
            await _harness.StopAsync();
            _harness.JournalOf(0).Count.ShouldBe(61);
        }
    }

    [Fact]
    public async Task A_crash_right_after_mending_finds_all_as_it_was_and_mends_again()
    {
        EventSpec[] events = [.. Enumerable.Range(1, 20).Select(Shared)];
        await CountAllAsync(events);
        Damage(SnapshotKind.SeenHashes, key => key[0] == Directory, lost: false).ShouldBeGreaterThan(0);
        _harness.OnStore = store => store.Before = operation => operation is "Snapshots.Save" ? throw new IOException("away") : ValueTask.CompletedTask;
        for (int crash = 0; crash < 2; crash++)
        {
            await _harness.StartAsync();
            await _harness.CountAsync(events);
            await _harness.CrashAsync();
        }

        _harness.OnStore = null;
        await _harness.StartAsync();
        await _harness.CountAsync(events);
        await _harness.StopAsync();
        _harness.JournalOf(0).Count.ShouldBe(20);
    }

    [Fact]
    public async Task Without_the_journal_that_it_needs_a_damaged_segment_ends_the_shard_with_place_and_remedy()
    {
        await CountAllAsync([.. Enumerable.Range(1, 20).Select(Shared)]);
        Damage(SnapshotKind.SeenHashes, key => key[0] == Directory, lost: false);
        lock (_harness.State.Gate)
        {
            // As if the journal was trimmed a moment ago, in the segment's own time.
            _harness.State.Partitions[0] = _harness.State.PositionsOf(0) with { Baseline = 1 };
        }

        StoredFormatException refused = await Should.ThrowAsync<StoredFormatException>(() => _harness.StartAsync());

        refused.Message.ShouldContain("Partition 0, SeenHashes snapshot of SequenceNr ");
        refused.Message.ShouldContain("restore the store from a backup, or stop the node and delete");
    }

    [Fact]
    public async Task A_trimmed_journal_mends_the_segments_that_it_still_reaches_behind()
    {
        var time = new ManualTime();
        await using var harness = new RegionHarness
        {
            Settings = RegionHarness.Brisk with { Shards = 1, IdentityWindow = TimeSpan.FromDays(16), FlushInterval = TimeSpan.FromHours(1), CheckpointInterval = TimeSpan.FromHours(1) },
            Time = time,
        };
        await harness.StartAsync();
        for (int day = 1; day <= 6; day++)
        {
            await harness.CountAsync(Shared(day));
            await harness.Region.KeepAsync();
            time.Advance(TimeSpan.FromDays(1));
        }

        await harness.StopAsync();
        lock (harness.State.Gate)
        {
            // The first day's block is gone into the baseline; those of the second and later are there.
            harness.State.Journals[0].RemoveAt(0);
            harness.State.Partitions[0] = harness.State.PositionsOf(0) with { Baseline = 1 };
        }

        Damage(harness, SnapshotKind.SeenHashes, key => key[0] == Directory && BucketOf(key) >= (time.NowMs / 86_400_000) - 3, lost: false).ShouldBe(3);
        await harness.StartAsync();
        await harness.CountAsync([.. Enumerable.Range(1, 6).Select(Shared)]);
        harness.JournalOf(0).Count.ShouldBe(5);
        await harness.StopAsync();

        Damage(harness, SnapshotKind.SeenHashes, key => key[0] == Directory && BucketOf(key) == (time.NowMs / 86_400_000) - 5, lost: false).ShouldBe(1);
        (await Should.ThrowAsync<StoredFormatException>(() => harness.StartAsync())).Message.ShouldContain("is damaged");
    }

    [Fact]
    public async Task Keys_are_made_anew_though_the_store_goes_away_meanwhile()
    {
        EventSpec[] events = [.. Enumerable.Range(1, 20).Select(Bought)];
        await CountAllAsync(events);
        Damage(SnapshotKind.SeenKeys, _ => true, lost: false).ShouldBe(1);
        int failures = 3;
        await _harness.StartAsync();
        _harness.Store.Before = operation => operation is "Journal.Read" && failures-- > 0 ? throw new IOException("away") : ValueTask.CompletedTask;

        await _harness.CountAsync([.. events, Bought(21)]);
        failures.ShouldBeLessThan(0);
        await _harness.StopAsync();

        _harness.JournalOf(0).Count.ShouldBe(21);
        ShouldAllDecode();
    }

    [Fact]
    public async Task A_damaged_block_of_one_shard_does_not_keep_the_others_from_a_rebuild()
    {
        await using var harness = new RegionHarness { Settings = RegionHarness.Brisk with { Shards = 4 } };
        EventSpec[] events = [.. Enumerable.Range(0, 16).Select(i => Shared(i) with { Topic = new TopicKey("lesson", i) })];
        await harness.StartAsync();
        await harness.CountAsync(events);
        await harness.Region.KeepAsync();
        lock (harness.State.Gate)
        {
            JournalBlock block = harness.State.Journals[0].Values[0];
            harness.State.Journals[0][block.FirstSequenceNr] = block with { Bytes = Flipped(block.Bytes.ToArray()) };
            foreach ((long? _, long[] values) in harness.State.Table(RegionHarness.PageOf("act")).Rows.Values)
            {
                values[2] = 50;
            }
        }

        int last = Enumerable.Range(0, 16).First(i => events[i].Topic.ShardOf(4) == 3);
        (await harness.Region.RebuildAsync(new StatisticsFilter(TopicType: "lesson", TopicId: last))).ShouldBe(new RebuildResult(1, 1, 0));
        StoredFormatException damage = await Should.ThrowAsync<StoredFormatException>(() => harness.Region.RebuildAsync(StatisticsFilter.All));

        damage.Message.ShouldContain("The journal of shard 0 is damaged in the block of SequenceNr 1 to ");
        damage.Message.ShouldContain("of the other shards");
        harness.RowsOf().Where(row => row.Values[2] == 50).ShouldAllBe(row => new TopicKey(row.Key.TopicType, row.Key.TopicId).ShardOf(4) == 0);
    }

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    private async Task CountAllAsync(EventSpec[] events)
    {
        await _harness.StartAsync();
        await _harness.CountAsync(events);
        await _harness.StopAsync();
    }

    private void ShouldAllDecode()
    {
        lock (_harness.State.Gate)
        {
            foreach (Snapshot row in _harness.State.Snapshots.Values.SelectMany(rows => rows.Values))
            {
                Should.NotThrow(() => { Binary.ByteReader.CheckedBody(row.Bytes); });
            }
        }
    }

    private int Damage(SnapshotKind kind, Func<byte[], bool> which, bool lost) => Damage(_harness, kind, which, lost);

    private static int Damage(RegionHarness harness, SnapshotKind kind, Func<byte[], bool> which, bool lost)
    {
        lock (harness.State.Gate)
        {
            SortedList<byte[], Snapshot> rows = harness.State.Snapshots[(0, kind)];
            byte[][] keys = [.. rows.Keys.Where(which)];
            foreach (byte[] key in keys)
            {
                if (lost)
                {
                    rows.Remove(key);
                }
                else
                {
                    rows[key] = rows[key] with { Bytes = Flipped(rows[key].Bytes) };
                }
            }

            return keys.Length;
        }
    }

    private static byte[] Flipped(byte[] bytes)
    {
        byte[] flipped = [.. bytes];
        flipped[^9] ^= 16;
        return flipped;
    }

    private static long BucketOf(byte[] key) => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(key.AsSpan(1));

    private static EventSpec Shared(int id) =>
        new(Share, Topic, 1_772_323_200_000, 739_675, 42 + id, null, ["s", "", "", ""], [], Hasher.OfMessageId(Share, Topic, $"m{id}"));

    private static EventSpec Bought(int order) =>
        new(Catalog.Default.FindStream("act.buy")!, Topic, 1_772_323_200_000, 739_675, 42, null, ["s", "", "", ""], [1, 2, 3, 400, 0, 1], EventId.Key(order));
}
