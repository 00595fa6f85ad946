using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every snapshot store does.</summary>
public abstract class SnapshotStoreConformance : ConformanceBase
{
    [Fact]
    public async Task Saved_snapshots_are_loaded_by_key_and_missing_ones_left_out()
    {
        long epoch = (await OwnAsync(1))[0];
        IReadOnlyList<int> stale = await SaveAsync(Write(1, epoch, [1], 7, 10, 11), Write(1, epoch, [2], 8, 20), Write(1, epoch, [3], 9));

        IReadOnlyList<Snapshot> loaded = await LoadAsync(1, [9], [2], [1], [3]);

        stale.ShouldBeEmpty();
        loaded.Count.ShouldBe(3);
        Single(loaded, 1).Bytes.ShouldBe([10, 11]);
        Single(loaded, 1).SequenceNr.ShouldBe(7);
        Single(loaded, 2).Bytes.ShouldBe([20]);
        Single(loaded, 3).Bytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Loading_no_keys_gives_nothing() => (await LoadAsync(1)).ShouldBeEmpty();

    [Fact]
    public async Task Any_number_of_snapshots_of_any_size_is_read_by_key()
    {
        long epoch = (await OwnAsync(1))[0];
        byte[][] keys = [.. Enumerable.Range(0, 600).Select(i => new[] { (byte)(i / 256), (byte)i })];
        await SaveAsync([.. keys.Select((key, i) => Write(1, epoch, key, i, (byte)i)), Write(1, epoch, [7], 1, new byte[5_000_000]), Write(1, epoch, [8], 1, new byte[3_000_000])]);

        var read = new List<Snapshot>();
        await foreach (Snapshot snapshot in Store.Snapshots.ReadAsync(1, SnapshotKind.Counter, [[7], [9], .. keys.Skip(10), [8]], Token))
        {
            read.Add(snapshot);
        }

        read.Count.ShouldBe(592);
        read.Where(snapshot => snapshot.Key.Length == 2).OrderBy(snapshot => snapshot.SequenceNr)
            .Select(snapshot => (Convert.ToHexString(snapshot.Key), snapshot.SequenceNr, snapshot.Bytes.Single()))
            .ShouldBe(keys.Select((key, i) => (Convert.ToHexString(key), (long)i, (byte)i)).Skip(10));
        (Single(read, 7).Bytes.Length, Single(read, 8).Bytes.Length).ShouldBe((5_000_000, 3_000_000));
    }

    [Fact]
    public async Task Shards_and_kinds_have_keys_of_their_own()
    {
        long[] epochs = await OwnAsync(1, 2);
        await SaveAsync(
            Write(1, epochs[0], [1], 1, 1),
            Write(2, epochs[1], [1], 1, 2),
            Write(1, epochs[0], [1], 1, 3) with { Kind = SnapshotKind.SeenKeys });

        (await LoadAsync(1, [[1]])).Single().Bytes.ShouldBe([1]);
        (await LoadAsync(2, [[1]])).Single().Bytes.ShouldBe([2]);
        (await Store.Snapshots.LoadAsync(1, SnapshotKind.SeenKeys, [[1]], Token)).Single().Bytes.ShouldBe([3]);
        (await Store.Snapshots.LoadAsync(1, SnapshotKind.SeenHashes, [[1]], Token)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Saving_again_overwrites_and_null_removes()
    {
        long epoch = (await OwnAsync(1))[0];
        await SaveAsync(Write(1, epoch, [1], 1, 1), Write(1, epoch, [2], 1, 1), Write(1, epoch, [3], 1, 1));

        await SaveAsync(Write(1, epoch, [1], 5, 99), Write(1, epoch, [2], 5) with { Bytes = null }, Write(1, epoch, [9], 5) with { Bytes = null });

        IReadOnlyList<Snapshot> loaded = await LoadAsync(1, [1], [2], [3], [9]);
        loaded.Select(snapshot => snapshot.Key[0]).Order().ShouldBe(new byte[] { 1, 3 });
        Single(loaded, 1).Bytes.ShouldBe([99]);
        Single(loaded, 1).SequenceNr.ShouldBe(5);
    }

    [Fact]
    public async Task A_snapshot_that_lands_late_does_not_replace_a_newer_one()
    {
        long epoch = (await OwnAsync(1))[0];
        await SaveAsync(Write(1, epoch, [1], 7, 77));

        await SaveAsync(Write(1, epoch, [1], 5, 55), Write(1, epoch, [2], 5, 50));

        IReadOnlyList<Snapshot> loaded = await LoadAsync(1, [1], [2]);
        Single(loaded, 1).Bytes.ShouldBe([77]);
        Single(loaded, 1).SequenceNr.ShouldBe(7);
        Single(loaded, 2).Bytes.ShouldBe([50]);
    }

    [Fact]
    public async Task Of_several_writes_of_a_key_in_one_save_the_last_one_stands()
    {
        long epoch = (await OwnAsync(1))[0];

        await SaveAsync(
            Write(1, epoch, [1], 1, 1),
            Write(1, epoch, [1], 2, 2),
            Write(1, epoch, [2], 1, 1),
            Write(1, epoch, [2], 2) with { Bytes = null },
            Write(1, epoch, [3], 1) with { Bytes = null },
            Write(1, epoch, [3], 2, 3));

        IReadOnlyList<Snapshot> loaded = await LoadAsync(1, [1], [2], [3]);
        loaded.Count.ShouldBe(2);
        Single(loaded, 1).Bytes.ShouldBe([2]);
        Single(loaded, 3).Bytes.ShouldBe([3]);
    }

    [Fact]
    public async Task A_stale_shard_is_left_out_and_returned_while_the_others_are_written()
    {
        long[] epochs = await OwnAsync(1, 2);

        IReadOnlyList<int> stale = await SaveAsync(
            Write(1, epochs[0] - 1, [1], 1, 1), Write(2, epochs[1], [1], 1, 1), Write(1, epochs[0] - 1, [2], 1, 1));

        stale.ShouldBe([1]);
        (await LoadAsync(1, [1], [2])).ShouldBeEmpty();
        (await LoadAsync(2, [[1]])).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_zombie_saves_nothing_after_a_takeover()
    {
        long epoch = (await OwnAsync(1))[0];
        await SaveAsync(Write(1, epoch, [1], 1, 1));
        (IStore successor, _) = await TakeOverAsync(1);

        IReadOnlyList<int> stale = await AnswerAsync(() => Store.Snapshots.SaveAsync([Write(1, epoch, [1], 2) with { Bytes = null }], Token));
        bool moved = await AnswerAsync(() => Store.Partitions.SaveCheckpointAsync(1, epoch, 5, Token));

        stale.ShouldBe([1]);
        moved.ShouldBeFalse();
        (await successor.Snapshots.LoadAsync(1, SnapshotKind.Counter, [[1]], Token)).Count.ShouldBe(1);
        (await successor.Partitions.LoadAsync(1, Token)).Checkpoint.ShouldBe(0);
    }

    [Fact]
    public async Task Listing_gives_the_keys_with_a_prefix_in_byte_order()
    {
        long epoch = (await OwnAsync(1))[0];
        byte[][] keys = [[], [1], [1, 0], [1, 127], [1, 128], [1, 255], [1, 255, 255], [2], [255], [255, 0], [255, 255]];
        await SaveAsync([.. keys.Reverse().Select(key => Write(1, epoch, key, 1, 1))]);

        (await ListAsync([])).ShouldBe(keys.Select(Convert.ToHexString));
        (await ListAsync([1])).ShouldBe(["01", "0100", "017F", "0180", "01FF", "01FFFF"]);
        (await ListAsync([1, 255])).ShouldBe(["01FF", "01FFFF"]);
        (await ListAsync([255])).ShouldBe(["FF", "FF00", "FFFF"]);
        (await ListAsync([255, 255])).ShouldBe(["FFFF"]);
        (await ListAsync([3])).ShouldBeEmpty();
    }

    [Fact]
    public async Task Listing_reads_many_pages_whole_and_in_order()
    {
        long epoch = (await OwnAsync(1))[0];
        int[] numbers = [.. Enumerable.Range(0, 1300)];
        new Random(5).Shuffle(numbers);
        await SaveAsync([.. numbers.Select(i => Write(1, epoch, [9, (byte)(i >> 8), (byte)i], i, 1))]);
        await SaveAsync(Write(1, epoch, [8], 0, 1), Write(1, epoch, [10], 0, 1));

        List<Snapshot> listed = await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Counter, [9], Token));

        listed.Select(snapshot => snapshot.SequenceNr).ShouldBe(Enumerable.Range(0, 1300).Select(i => (long)i));
    }

    [Fact]
    public async Task Large_snapshots_and_the_longest_key_are_kept()
    {
        long epoch = (await OwnAsync(1))[0];
        byte[] key = new byte[512];
        byte[] state = new byte[5 * 1024 * 1024];
        new Random(3).NextBytes(key);
        new Random(4).NextBytes(state);
        await SaveAsync(Write(1, epoch, key, 1, state), Write(1, epoch, [.. key[..511], (byte)(key[511] ^ 1)], 1, state));

        List<Snapshot> listed = await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Counter, key[..300], Token));

        listed.Count.ShouldBe(2);
        listed.Count(snapshot => snapshot.Bytes.AsSpan().SequenceEqual(state)).ShouldBe(2);
    }

    [Fact]
    public async Task Reopening_finds_snapshots_and_checkpoint()
    {
        long epoch = (await OwnAsync(1))[0];
        await SaveAsync(Write(1, epoch, [1], 4, 44));
        await Store.Partitions.SaveCheckpointAsync(1, epoch, 4, Token);

        await ReopenAsync();

        (await LoadAsync(1, [[1]])).Single().Bytes.ShouldBe([44]);
        (await Store.Partitions.LoadAsync(1, Token)).Checkpoint.ShouldBe(4);
    }

    private async Task<IReadOnlyList<int>> SaveAsync(params SnapshotWrite[] writes) => await Store.Snapshots.SaveAsync(writes, Token);

    private async Task<IReadOnlyList<Snapshot>> LoadAsync(int shard, params byte[][] keys) =>
        await Store.Snapshots.LoadAsync(shard, SnapshotKind.Counter, keys, Token);

    private async Task<IEnumerable<string>> ListAsync(byte[] prefix) =>
        (await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Counter, prefix, Token))).Select(snapshot => Convert.ToHexString(snapshot.Key));

    private static Snapshot Single(IEnumerable<Snapshot> snapshots, byte key) => snapshots.Single(snapshot => snapshot.Key[0] == key);

    private static SnapshotWrite Write(int shard, long epoch, byte[] key, long sequenceNr, params byte[] state) =>
        new(shard, epoch, SnapshotKind.Counter, key, sequenceNr, state);
}
