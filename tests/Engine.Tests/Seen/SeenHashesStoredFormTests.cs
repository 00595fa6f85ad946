using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;
using static DataLoad.Engine.Tests.Seen.SeenHashesStored;

namespace DataLoad.Engine.Tests.Seen;

public sealed class SeenHashesStoredFormTests
{
    // Kept from version 1; never to be changed. The ids are KeptId of 0 to 19; the filter has two
    // blocks, so that it also shows in which an id belongs.
    private static readonly (string Key, string Bytes)[] Kept =
    [
        ("0100000000000000320000000000000001",
            "01013201641408B12A13B8E4C4F55E1D4DC8766B2ED1087C62255B8404596B07D17DF7B1B4996A479A37FE2344BC77F1543378F83A62CC0208C0024080810100"
            + "010000400A88100809024000450900000000E008100042821400080020301004003024008000044030900000080000051100126100C0000000A0028028004401"
            + "320088000009324008021004042410084C480101020404400002040000442218480801204082100600200400220358000000902C882811003B09BB43"),
        ("020000000000000032000000000000000100000000",
            "010232010008B12A13B8E4C4F55E1D4DC8766B2ED10809E9A4D0E1C10FC26D6C747C9F601517BA13B888C68605218BB93CF30A8FE61F12D249A1C3831F84DBD8"
            + "E8F83EC12A2E6A90DBB9C08039E72BF894FE72F36E3C1BBBEE71A5452F4649455D75DE2140457379808AA24249A99964097B1254845324A4934287073F08B7B1"
            + "D1F17D82555C770E5AC6"),
        ("020000000000000032000000000000000100000001",
            "0102320101087C62255B8404596B07D17DF7B1B4996AD420B773810173CE57F029FDE5E6DD78854BCA2B66C6682D753DF2735115AF81DD095C4463C38290C55C"
            + "9E798547F38F35C8ED5C60C09CF3157C4A7FB979379EE6F200154585925233C912F624A808A73EB1922D4282ACB583E8BEFB58DA4CB5EFDBA5E52647A214A135"
            + "8772C4081EBED31659AB"),
        ("020000000000000032000000000000000100000002",
            "010232010204479A37FE2344BC77F1543378F83A62CC9F58C9162141D6DA4174DF7D2C6DA6DA5083DCCE0506CC395FC1A7F4979B77E3A8416EE70203E69CAFE0"
            + "53FACBCDBBF1ED5627D5"),
    ];

    [Fact]
    public async Task Rows_kept_from_version_1_are_read_and_written_the_same()
    {
        var store = new FakeSnapshotStore();
        foreach ((string key, string bytes) in Kept)
        {
            store.Overwrite(7, Convert.FromHexString(key), Convert.FromHexString(bytes));
        }

        SeenShard shard = await SeenShard.OpenAsync(store, Options);
        (await shard.ContainsAsync([.. Enumerable.Range(0, 20).Select(KeptId)], NowMs)).ShouldAllBe(seen => seen);
        (await shard.ContainsAsync([.. Enumerable.Range(20, 20).Select(KeptId)], NowMs)).ShouldAllBe(seen => !seen);

        SeenShard written = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        foreach (int i in Enumerable.Range(0, 20))
        {
            written.Hashes.Add(KeptId(i), NowMs);
        }

        await written.SealAsync(20, NowMs);
        written.Store.Rows.Select(row => (Convert.ToHexString(row.Key), Convert.ToHexString(row.Bytes))).ShouldBe(Kept);
    }

    [Fact]
    public void A_directory_is_read_up_to_the_limits_of_its_numbers_and_refused_beyond()
    {
        Segment read = Decode(Directory());
        (read.Key, read.BucketMs, read.Count, read.PageIds, read.FilterBlocks).ShouldBe((Key, 100, 20, 8, 2));
        read.Directory!.PageFirsts.ShouldBe([1, 9, 17]);

        Decode(Directory(bucketMs: 1)).BucketMs.ShouldBe(1);
        Decode(Directory(bucketMs: SeenHashesOptions.WindowMsLimit)).BucketMs.ShouldBe(SeenHashesOptions.WindowMsLimit);
        Refused(Directory(bucketMs: 0), "a bucket's length is 0, not from 1 to 315532800000");
        Refused(Directory(bucketMs: SeenHashesOptions.WindowMsLimit + 1), "a bucket's length is 315532800001");

        Decode(Directory(count: 17)).Count.ShouldBe(17);
        Decode(Directory(count: 24)).Count.ShouldBe(24);
        Refused(Directory(count: 0), "a count of ids is 0, not from 1 to 16777216");
        Refused(Directory(count: (1 << 24) + 1), "a count of ids is 16777217");

        Decode(Directory(count: 3 * 4096, pageIds: 4096)).PageIds.ShouldBe(4096);
        Refused(Directory(pageIds: 0), "a count of ids a page is 0, not from 1 to 4096");
        Refused(Directory(count: 3 * 4097, pageIds: 4097), "a count of ids a page is 4097");

        Refused(Directory(blocks: 0), "a count of filter blocks is 0, not from 1 to 1048576");
        Refused(Directory(blocks: (1 << 20) + 1), "a count of filter blocks is 1048577");
        Refused(Directory(blocks: 3), "");
        Refused([.. Directory(), 0], "");
        Refused(Directory(firsts: [1, 9, 9]), "its ids do not ascend at number 2");
        Refused(Directory(firsts: [9, 1, 17]), "its ids do not ascend at number 1");

        var last = new SegmentKey(long.MaxValue / 100, 1);
        SegmentRows.DecodeDirectory(7, last with { Bucket = last.Bucket - 1 }, Checksummed(Directory(last with { Bucket = last.Bucket - 1 }))).EndMs
            .ShouldBeGreaterThan(0);
        Should.Throw<StoredFormatException>(() => SegmentRows.DecodeDirectory(7, last, Checksummed(Directory(last)))).Message.ShouldContain("beyond all time");

        static Segment Decode(byte[] body) => SegmentRows.DecodeDirectory(7, Key, Checksummed(body));

        static void Refused(byte[] body, string why) => Should.Throw<StoredFormatException>(() => Decode(body)).Message.ShouldContain(why);
    }

    [Fact]
    public void A_page_is_read_where_its_ids_ascend_and_are_those_that_its_directory_says()
    {
        Segment segment = SegmentRows.DecodeDirectory(7, Key, Checksummed(Directory()));
        Decode(0, [1, 2, 3, 4, 5, 6, 7, 8]).ShouldBe([1, 2, 3, 4, 5, 6, 7, 8]);
        Decode(2, [17, 18, 19, 30]).ShouldBe([17, 18, 19, 30]);

        Refused(0, [2, 3, 4, 5, 6, 7, 8], "it holds page 0 with 7 ids in place of page 0 with 8");
        Refused(0, [2, 3, 4, 5, 6, 7, 8, 8], "its ids do not ascend at number 7");
        Refused(0, [0, 2, 3, 4, 5, 6, 7, 8], "its ids are not those that the directory says");
        Refused(0, [1, 2, 3, 4, 5, 6, 7, 9], "its ids are not those that the directory says");
        Refused(2, [16, 18, 19, 30], "its ids are not those that the directory says");
        byte[] longer = [.. SegmentRows.EncodePage(new ByteWriter(16), Key, 2, [17, 18, 19, 30])[..^4], 0];
        Should.Throw<StoredFormatException>(() => SegmentRows.DecodePage(7, segment, 2, Checksummed(longer), new UInt128[4]));

        UInt128[] Decode(int page, UInt128[] stored)
        {
            var ids = new UInt128[segment.IdsOfPage(page)];
            SegmentRows.DecodePage(7, segment, page, SegmentRows.EncodePage(new ByteWriter(16), Key, page, stored), ids);
            return ids;
        }

        void Refused(int page, UInt128[] stored, string why) => Should.Throw<StoredFormatException>(() => Decode(page, stored)).Message.ShouldContain(why);
    }

    [Fact]
    public async Task An_unknown_version_and_another_rows_bytes_are_named()
    {
        SeenShard written = await StoredAsync();
        Snapshot[] rows = [.. written.Store.Rows];
        byte[] newer = rows[1].Bytes[..^4];
        newer[0] = 9;
        (await FaultAsync(rows[1].Key, Checksummed(newer))).ShouldContain("it is of version 9, where this program knows version 1");
        (await FaultAsync(rows[1].Key, rows[2].Bytes)).ShouldContain("it holds page 1 with 8 ids in place of page 0 with 8");
        (await FaultAsync(rows[1].Key, rows[0].Bytes)).ShouldContain("it holds a row of kind 1");
        (await FaultAsync([1, 2, 3], rows[0].Bytes)).ShouldContain("010203");
    }

    [Fact]
    public async Task A_page_or_directory_that_the_store_lost_is_named_and_not_asked_for_for_ever()
    {
        SeenShard shard = await StoredAsync();
        Snapshot[] rows = [.. shard.Store.Rows];
        shard.Store.Lose(7, rows[2].Key);
        UInt128[] ids = SeenShard.Ids(20, seed: 1);
        (await Should.ThrowAsync<StoredFormatException>(() => shard.ContainsAsync(ids, NowMs))).Message.ShouldContain(
            "Page 1 of segment 1 of bucket 50 of the seen identities of Partition 7 is missing");

        shard.Hashes.Passivate(long.MaxValue / 4);
        shard.Store.Lose(7, rows[0].Key);
        (await Should.ThrowAsync<StoredFormatException>(() => shard.ContainsAsync(ids, NowMs))).Message.ShouldContain(
            "The directory of segment 1 of bucket 50");
    }

    [Fact]
    public async Task A_merge_of_a_damaged_or_lost_page_fails_with_its_name_and_changes_nothing()
    {
        SeenShard shard = await StoredAsync();
        shard.Hashes.Add(1, NowMs);
        await shard.SealAsync(2, NowMs);
        shard.Hashes.Add(2, NowMs + 100);
        CompactionPlan plan = shard.Hashes.PlanCompaction().ShouldNotBeNull();
        IReadOnlyList<Snapshot> loaded = await shard.LoadAsync(plan.Keys);
        Should.Throw<StoredFormatException>(() => shard.Hashes.CompleteCompaction(plan, [.. loaded.Skip(1)], 1, 1)).Message.ShouldContain("is missing");
        loaded[^1].Bytes[^1] ^= 1;
        Should.Throw<StoredFormatException>(() => shard.Hashes.CompleteCompaction(plan, loaded, 1, 1)).Message.ShouldContain("is damaged");
        loaded[^1].Bytes[^1] ^= 1;
        shard.Hashes.SegmentCount.ShouldBe(2);
        (await shard.ContainsAsync(SeenShard.Ids(20, seed: 1), NowMs)).ShouldAllBe(seen => seen);
        (await shard.CompactAsync()).ShouldBe(1);
    }

    private static readonly SegmentKey Key = new(50, 1);

    /// <summary>The bytes of a directory before its checksum, with whatever numbers.</summary>
    private static byte[] Directory(SegmentKey? key = null, long bucketMs = 100, int count = 20, int pageIds = 8, UInt128[]? firsts = null, int blocks = 2)
    {
        var writer = new ByteWriter(256);
        writer.Byte(1);
        writer.Byte(1);
        writer.Unsigned((ulong)(key ?? Key).Bucket);
        writer.Unsigned((ulong)(key ?? Key).Number);
        writer.Unsigned((ulong)bucketMs);
        writer.Unsigned((ulong)count);
        writer.Unsigned((ulong)pageIds);
        foreach (UInt128 first in firsts ?? [1, 9, 17])
        {
            writer.UInt128(first);
        }

        writer.Unsigned((ulong)blocks);
        writer.Bytes(new byte[2 * BlockedFilter.BlockBytes]);
        return writer.Written.ToArray();
    }

    private static UInt128 KeptId(int index) => (UInt128)(uint)(index + 1) * new UInt128(0x9E37_79B9_7F4A_7C15, 0xF39C_C060_5CED_C835);
}
