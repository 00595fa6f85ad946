using System.Buffers.Binary;
using DataLoad.Engine.Binary;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using DataLoad.Engine.Tests.Hostile;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

public sealed class SeenHashesStoredFormTests
{
    private const long NowMs = 5_000;
    private static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 8, FilterBitsPerId = 32 };

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
    public async Task Every_flipped_bit_of_every_row_is_found_and_named()
    {
        SeenShard written = await StoredAsync();
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            for (int bit = 0; bit < row.Bytes.Length * 8; bit++)
            {
                byte[] damaged = [.. row.Bytes];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                string message = await FaultAsync(row.Key, damaged);
                message.ShouldContain("segment 1 of bucket 50 of the seen identities of Partition 7 is damaged");
                message.ShouldStartWith("Partition 7, SeenHashes snapshot of SequenceNr 1: ");
                message.ShouldContain(row.Key[0] == 1 ? "The directory of" : $"Page {row.Key[^1]} of");
                message.ShouldContain("restore the store from a backup");
            }

            (await FaultAsync(row.Key, [])).ShouldContain("is damaged");
            (await FaultAsync(row.Key, row.Bytes[..^5])).ShouldContain("is damaged");
        }
    }

    [Fact]
    public async Task Hostile_rows_with_a_valid_checksum_are_refused_or_harmless()
    {
        SeenShard written = await StoredAsync();
        var random = new Random(11);
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            for (int i = 0; i < 1_500; i++)
            {
                byte[] body = ByteMutator.MutateSome(row.Bytes[..^4], random);
                try
                {
                    await AskAsync(row.Key, Checksummed(body));
                }
                catch (StoredFormatException e)
                {
                    e.Message.ShouldMatch("(shard|Partition) 7");
                }
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Mutated_rows_cost_memory_in_proportion_and_are_refused_by_name(int seed)
    {
        SeenShard written = await StoredAsync();
        var random = new Random(seed);
        int refused = 0;
        int tried = 0;
        foreach (Snapshot row in written.Store.Rows.ToArray())
        {
            SegmentKey.TryParse(row.Key, out SegmentKey key, out int page).ShouldBeTrue();
            Segment segment = SegmentRows.DecodeDirectory(7, key, written.Store.Rows.First().Bytes);
            for (int i = 0; i < 1_500; i++, tried++)
            {
                byte[] mutated = ByteMutator.MutateSome(row.Bytes[..^4], random);
                byte[] bytes = random.Next(8) == 0 ? mutated : Checksummed(mutated);
                AllocationBound.ShouldHold(bytes, perByte: 64, () =>
                {
                    try
                    {
                        if (page == SegmentKey.DirectoryPage)
                        {
                            SegmentRows.DecodeDirectory(7, key, bytes);
                        }
                        else
                        {
                            SegmentRows.DecodePage(7, segment, page, bytes, new UInt128[segment.IdsOfPage(page)]);
                        }
                    }
                    catch (StoredFormatException e)
                    {
                        refused++;
                        e.Message.ShouldContain("segment 1 of bucket 50 of the seen identities of Partition 7");
                    }
                });
            }
        }

        refused.ShouldBeInRange(1, tried - 1, "a fuzz that is always refused, or never, tests nothing");
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

    private static UInt128 KeptId(int index) => (UInt128)(uint)(index + 1) * new UInt128(0x9E37_79B9_7F4A_7C15, 0xF39C_C060_5CED_C835);

    private static async Task<SeenShard> StoredAsync()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        foreach (UInt128 id in SeenShard.Ids(20, seed: 1))
        {
            shard.Hashes.Add(id, NowMs);
        }

        await shard.SealAsync(20, NowMs);
        return shard;
    }

    private static async Task<string> FaultAsync(byte[] key, byte[] bytes) =>
        (await Should.ThrowAsync<StoredFormatException>(() => AskAsync(key, bytes))).Message;

    private static async Task AskAsync(byte[] key, byte[] bytes)
    {
        SeenShard shard = await StoredAsync();
        shard.Store.Overwrite(7, key, bytes);
        SeenShard opened = await SeenShard.OpenAsync(shard.Store, Options);
        await opened.ContainsAsync(SeenShard.Ids(20, seed: 1), NowMs);
    }

    private static byte[] Checksummed(byte[] body)
    {
        byte[] bytes = new byte[body.Length + 4];
        body.CopyTo(bytes, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(body.Length), Crc32C.Compute(body));
        return bytes;
    }
}
