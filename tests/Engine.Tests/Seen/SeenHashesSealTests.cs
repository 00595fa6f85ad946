using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

public sealed class SeenHashesSealTests
{
    private const long NowMs = 10_000;
    private static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 4 };

    [Fact]
    public async Task Ids_stay_known_while_their_seal_is_pending_and_a_failed_save_is_repeated_with_the_same_rows()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, NowMs);
        SeenWrites first = shard.Hashes.Seal(3, 17, NowMs);
        shard.Hashes.Add(2, NowMs);

        shard.Store.NextSave = FakeSnapshotStore.Failure.NothingSaved;
        await Should.ThrowAsync<IOException>(() => shard.SaveAsync(first));
        shard.Hashes.PendingSeal.ShouldBeSameAs(first);
        (await shard.ContainsAsync([1, 2, 3], NowMs)).ShouldBe([true, true, false]);
        Should.Throw<InvalidOperationException>(() => shard.Hashes.Seal(3, 18, NowMs)).Message.ShouldContain("SequenceNr 17");

        await shard.SaveAsync(first);
        shard.Hashes.Sealed();
        shard.Hashes.PendingSeal.ShouldBeNull();
        shard.Hashes.ActiveCount.ShouldBe(1);
        (await shard.ContainsAsync([1, 2, 3], NowMs)).ShouldBe([true, true, false]);

        // What came after the seal is not stored yet: replay brings it.
        SeenShard reopened = await SeenShard.OpenAsync(shard.Store, Options);
        (await reopened.ContainsAsync([1, 2, 3], NowMs)).ShouldBe([true, false, false]);
    }

    [Fact]
    public async Task Rows_bear_epoch_SequenceNr_and_keys_that_list_directories_apart_from_pages()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options, shard: 9);
        for (int i = 0; i < 10; i++)
        {
            shard.Hashes.Add((UInt128)(uint)i << 90, NowMs);
        }

        SeenWrites writes = shard.Hashes.Seal(3, 17, NowMs);
        writes.SequenceNr.ShouldBe(17);
        writes.Writes.ShouldAllBe(w => w.Shard == 9 && w.Epoch == 3 && w.SequenceNr == 17 && w.Kind == SnapshotKind.SeenHashes && w.Bytes != null);
        writes.Writes.Select(w => Convert.ToHexString(w.Key)).ShouldBe([
            "02" + "0000000000000064" + "0000000000000001" + "00000000",
            "02" + "0000000000000064" + "0000000000000001" + "00000001",
            "02" + "0000000000000064" + "0000000000000001" + "00000002",
            "01" + "0000000000000064" + "0000000000000001",
        ]);
    }

    [Fact]
    public async Task Saved_rows_of_a_crash_before_the_checkpoint_moved_and_a_replay_agree()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, NowMs);
        await shard.SaveAsync(shard.Hashes.Seal(1, 1, NowMs));

        SeenShard reopened = await SeenShard.OpenAsync(shard.Store, Options);
        reopened.Hashes.Add(1, NowMs);
        await reopened.SealAsync(1, NowMs);
        reopened.Hashes.SegmentCount.ShouldBe(2);
        (await reopened.ContainsAsync([1, 2], NowMs)).ShouldBe([true, false]);
    }

    [Fact]
    public async Task A_seal_of_nothing_writes_nothing()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Seal(1, 1, NowMs).Writes.ShouldBeEmpty();
        shard.Hashes.Sealed();
        Should.Throw<InvalidOperationException>(shard.Hashes.Sealed);
        Should.Throw<InvalidOperationException>(shard.Hashes.Committed);
    }

    [Fact]
    public async Task A_seal_of_more_ids_than_a_segment_may_hold_makes_several()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options with { MaxSegmentIds = 100, MaxActiveIds = 250 });
        UInt128[] ids = SeenShard.Ids(250, seed: 1);
        foreach (UInt128 id in ids)
        {
            shard.Hashes.WantsSeal.ShouldBeFalse();
            shard.Hashes.Add(id, NowMs);
        }

        shard.Hashes.WantsSeal.ShouldBeTrue();
        await shard.SealAsync(250, NowMs);
        shard.Hashes.SegmentCount.ShouldBe(3);
        shard.Hashes.WantsSeal.ShouldBeFalse();
        (await shard.ContainsAsync(ids, NowMs)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task Contains_refuses_to_guess_where_a_page_is_missing()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        shard.Hashes.Add(1, NowMs);
        await shard.SealAsync(1, NowMs);
        Should.Throw<InvalidOperationException>(() => shard.Hashes.Contains(1, NowMs)).Message.ShouldContain("Partition 7");
    }
}
