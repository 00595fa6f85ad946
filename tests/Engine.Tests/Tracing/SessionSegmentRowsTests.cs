using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tracing;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Tracing;

public sealed class SessionSegmentRowsTests
{
    private const int Partition = 3;
    private const long Epoch = 7;

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(2, 1, 1)]
    [InlineData(3, 1, 1_000_000)]
    [InlineData(4, 100, 1)]
    [InlineData(5, 5_000, 400)]
    [InlineData(6, 30_000, 30_000)]
    [InlineData(7, 100_000, 60)]
    [InlineData(8, 20_000, 1 << 24)]
    public void A_segment_gives_back_the_pairs_that_it_was_made_of(int seed, int count, int blocks)
    {
        var random = new Random(seed);
        ulong[] pairs = Pairs(random, count, blocks);
        var range = new BlockRange(random.Next(1000), 0);
        range = range with { Through = range.After + blocks };

        var writes = new List<SnapshotWrite>();
        SessionSegment segment = SessionSegmentRows.Write(Partition, Epoch, range, pairs, writes);

        Read(segment, writes).ShouldBe(pairs);
        segment.Count.ShouldBe(pairs.Length);
        writes.Select(write => write.Key).ShouldBe(segment.Keys().Skip(1).Append(segment.Keys().First()));
        writes.ShouldAllBe(write => write.Epoch == Epoch && write.Shard == Partition && write.SequenceNr == range.Through);
        SessionSegmentRows.DecodeDirectory(Partition, range, writes[^1].Bytes!).ShouldBe(segment);
        foreach (ulong pair in pairs)
        {
            int page = segment.PageOf(SessionPair.FingerprintOf(pair));
            segment.FirstOf(page).ShouldBeLessThanOrEqualTo(SessionPair.FingerprintOf(pair));
            segment.FirstOf(page + 1).ShouldBeGreaterThan(SessionPair.FingerprintOf(pair));
        }
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.5)]
    public void Pairs_that_crowd_in_few_fingerprints_are_kept_as_well(double share)
    {
        var random = new Random(5);
        ulong[] pairs = [.. Pairs(random, 20_000, 5000).Select(pair => random.NextDouble() < share ? pair : SessionPair.Of(77, SessionPair.BlockOf(pair))).Distinct().Order()];
        var writes = new List<SnapshotWrite>();
        SessionSegment segment = SessionSegmentRows.Write(Partition, Epoch, new BlockRange(0, 5000), pairs, writes);
        Read(segment, writes).ShouldBe(pairs);
    }

    [Theory]
    [InlineData(100_000, 1, 3.5)]
    [InlineData(1_000_000, 1, 3.5)]
    [InlineData(1_000_000, 10, 3.1)]
    [InlineData(1_000_000, 500, 2.4)]
    public void A_pair_takes_less_than_four_bytes_however_few_events_a_block_has(int count, int pairsOfABlock, double bytes)
    {
        int blocks = count / pairsOfABlock;
        var random = new Random(1);
        ulong[] pairs = [.. Enumerable.Range(0, count).Select(i => SessionPair.Of((uint)random.Next(1 << SessionFingerprint.Bits), i / pairsOfABlock)).Distinct().Order()];
        var writes = new List<SnapshotWrite>();
        SessionSegmentRows.Write(Partition, Epoch, new BlockRange(0, blocks), pairs, writes);
        (writes.Sum(write => write.Bytes!.Length + write.Key.Length) / (double)count).ShouldBeLessThan(bytes);
        writes.Max(write => write.Bytes!.Length).ShouldBeLessThan(40_000, "pages are loaded one at a time");
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 5000)]
    public void Pairs_in_the_order_of_their_blocks_are_sorted_and_each_is_kept_once(int seed, int count)
    {
        var random = new Random(seed);
        int block = 0;
        ulong[] pairs = [.. Enumerable.Range(0, count).Select(_ => SessionPair.Of(
            (uint)random.Next(3) == 0 ? (uint)random.Next(8) : (uint)random.Next(1 << SessionFingerprint.Bits), block += random.Next(4) == 0 ? 1 : 0))];
        ulong[] expected = [.. pairs.Distinct().Order()];
        int distinct = SessionPair.SortDistinct(pairs);
        pairs[..distinct].ShouldBe(expected);
    }

    [Fact]
    public void Rows_of_version_1_that_another_program_wrote_by_the_description_are_read_and_written_the_same()
    {
        byte[][] kept = [.. File.ReadAllLines(Path.Combine(FixtureFolder(), "session-segment-v1.hex")).Select(Convert.FromHexString)];
        ulong[] pairs =
        [
            .. Enumerable.Range(0, 20).Select(i => SessionPair.Of((uint)(((i * 2_654_435_761L) + 17) % (1 << 26)), i * 37 % 300))
                .Concat([SessionPair.Of(5, 0), SessionPair.Of(5, 1), SessionPair.Of(5, 299), SessionPair.Of((1 << 26) - 1, 299)]).Order(),
        ];
        var range = new BlockRange(1000, 1300);
        SessionSegment segment = SessionSegmentRows.DecodeDirectory(Partition, range, kept[1]);
        var read = new List<ulong>();
        SessionSegmentRows.DecodePage(Partition, segment, 0, kept[0], read.Add);
        read.ShouldBe(pairs);

        var writes = new List<SnapshotWrite>();
        SessionSegmentRows.Write(Partition, Epoch, range, pairs, writes).ShouldBe(segment);
        writes.Select(write => write.Bytes).ShouldBe(kept);
    }

    [Fact]
    public void Damage_is_named()
    {
        (SessionSegment segment, List<SnapshotWrite> writes) = Some();
        DamagedBytes.ShouldBeRefused(
            writes[0].Bytes!, bytes => SessionSegmentRows.DecodePage(Partition, segment, 0, bytes, _ => { }), "Partition 3, SessionSegments snapshot of SequenceNr 30: the index of sessions of blocks 11 to 30");
        DamagedBytes.ShouldBeRefused(writes[^1].Bytes!, bytes => SessionSegmentRows.DecodeDirectory(Partition, segment.Range, bytes), "blocks 11 to 30");
    }

    [Fact]
    public void A_row_under_the_key_of_another_is_refused()
    {
        (SessionSegment segment, List<SnapshotWrite> writes) = Some();
        var other = new BlockRange(segment.Range.After, segment.Range.Through + 1);
        Should.Throw<SessionDamageException>(() => SessionSegmentRows.DecodeDirectory(Partition, other, writes[^1].Bytes!)).Message.ShouldContain("holds a row of kind 1 of blocks 11 to 30");
        Should.Throw<SessionDamageException>(() => SessionSegmentRows.DecodePage(Partition, segment with { Range = other }, 0, writes[0].Bytes!, _ => { }));
        Should.Throw<SessionDamageException>(() => SessionSegmentRows.DecodePage(Partition, segment with { PageCount = 2 }, 1, writes[0].Bytes!, _ => { })).Message.ShouldContain("holds page 0");
        Should.Throw<SessionDamageException>(() => SessionSegmentRows.DecodePage(Partition, segment, 0, writes[^1].Bytes!, _ => { })).Message.ShouldContain("kind 1");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Bytes_that_were_changed_and_sealed_again_give_pairs_of_their_page_or_are_refused(int seed)
    {
        (SessionSegment segment, List<SnapshotWrite> writes) = Some();
        DamagedBytes.ShouldNotCrash(
            writes[0].Bytes!,
            bytes =>
            {
                ulong last = 0;
                SessionSegmentRows.DecodePage(Partition, segment, 0, bytes, pair =>
                {
                    SessionPair.BlockOf(pair).ShouldBeLessThan(segment.Range.Length);
                    SessionPair.FingerprintOf(pair).ShouldBeLessThan(1U << SessionFingerprint.Bits);
                    (last == 0 || pair > last).ShouldBeTrue();
                    last = pair;
                });
            },
            seed,
            perByte: 2000,
            names: "blocks 11 to 30");
        DamagedBytes.ShouldNotCrash(writes[^1].Bytes!, bytes => SessionSegmentRows.DecodeDirectory(Partition, segment.Range, bytes), seed, perByte: 10, names: "blocks 11 to 30");
    }

    [Fact]
    public void Keys_come_back_and_others_are_none()
    {
        var range = new BlockRange(10, 30);
        foreach (int page in new[] { PagedRow.DirectoryPage, 0, 77 })
        {
            SessionSegmentKey.TryParse(SessionSegmentKey.Row(range, page), out BlockRange parsed, out int parsedPage).ShouldBeTrue();
            (parsed, parsedPage).ShouldBe((range, page));
        }

        foreach (byte[] key in new byte[][]
        {
            [], [1], new byte[17], [3, .. SessionSegmentKey.Row(range, -1)[1..]], SessionSegmentKey.Row(new BlockRange(30, 30), -1),
            SessionSegmentKey.Row(new BlockRange(-1, 30), -1), SessionSegmentKey.Row(new BlockRange(0, long.MaxValue), -1),
            SessionSegmentKey.Row(new BlockRange(0, (1 << 24) + 1), -1), SessionSegmentKey.Row(range, -2),
        })
        {
            SessionSegmentKey.TryParse(key, out _, out _).ShouldBeFalse(Convert.ToHexString(key));
        }
    }

    private static string FixtureFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "Fixtures");

    private static (SessionSegment Segment, List<SnapshotWrite> Writes) Some()
    {
        var writes = new List<SnapshotWrite>();
        return (SessionSegmentRows.Write(Partition, Epoch, new BlockRange(10, 30), Pairs(new Random(9), 25, 20), writes), writes);
    }

    private static ulong[] Pairs(Random random, int count, int blocks) =>
        [.. Enumerable.Range(0, count).Select(_ => SessionPair.Of((uint)random.Next(1 << SessionFingerprint.Bits), random.Next(blocks))).Distinct().Order()];

    private static List<ulong> Read(SessionSegment segment, List<SnapshotWrite> writes)
    {
        var pairs = new List<ulong>();
        for (int page = 0; page < segment.PageCount; page++)
        {
            SessionSegmentRows.DecodePage(Partition, segment, page, writes[page].Bytes!, pairs.Add);
        }

        return pairs;
    }
}
