using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>A segment of which a row is damaged: named at the start, and stored anew by the next seal.</summary>
public sealed class SeenHashesGiveUpTests
{
    private const long NowMs = 5_000;
    private static readonly SeenHashesOptions Options = new() { WindowMs = 1_600, PageIds = 8 };
    private static readonly SegmentKey First = new(50, 1);
    private static readonly UInt128[] Ids = SeenShard.Ids(20, seed: 1);

    [Fact]
    public async Task A_damaged_directory_leaves_its_segment_out_and_the_next_seal_stores_its_ids_under_another_number()
    {
        SeenShard shard = await StoredAsync();
        byte[][] rows = [.. shard.Store.Rows.Select(row => row.Key)];
        shard.Hashes.Add(1, NowMs);
        await shard.SealAsync(21, NowMs);
        shard.Store.Overwrite(7, First.Row(PagedRow.DirectoryPage), [1, 2, 3]);
        var damaged = new List<SegmentDamageException>();

        SeenHashes opened = await SeenHashes.OpenAsync(7, shard.Store, Options, damaged, default);

        damaged.ShouldHaveSingleItem().Segment.ShouldBe(First);
        damaged[0].Message.ShouldStartWith("Partition 7, SeenHashes snapshot of SequenceNr 1: ");
        opened.SegmentCount.ShouldBe(1);
        Add(opened);
        opened.GiveUp(First, rows);
        opened.HasGivenUp.ShouldBeTrue();
        SeenWrites writes = opened.Seal(1, 21, NowMs);
        opened.HasGivenUp.ShouldBeFalse();
        writes.Writes.Where(write => write.Bytes is null).Select(write => Convert.ToHexString(write.Key)).ShouldBe(rows.Select(Convert.ToHexString));
        SegmentKey.TryParse(writes.Writes[^1].Key, out SegmentKey anew, out _).ShouldBeTrue();
        anew.ShouldBe(new SegmentKey(50, 3));

        await shard.SaveAsync(writes);
        SeenShard reopened = await SeenShard.OpenAsync(shard.Store, Options);
        (await reopened.ContainsAsync([.. Ids, 1, 2], NowMs)).ShouldBe([.. Ids.Select(_ => true), true, false]);
    }

    [Fact]
    public async Task The_directory_of_the_highest_number_is_damaged_and_its_number_is_not_given_again()
    {
        SeenShard shard = await StoredAsync();
        shard.Store.Overwrite(7, First.Row(PagedRow.DirectoryPage), []);

        SeenHashes opened = await SeenHashes.OpenAsync(7, shard.Store, Options, [], default);
        opened.Add(1, NowMs);

        SegmentKey.TryParse(opened.Seal(1, 21, NowMs).Writes[0].Key, out SegmentKey key, out _).ShouldBeTrue();
        key.Number.ShouldBe(2);
    }

    [Fact]
    public async Task A_segment_that_is_given_up_is_asked_no_more()
    {
        SeenShard shard = await StoredAsync();
        (await shard.ContainsAsync(Ids, NowMs)).ShouldAllBe(seen => seen);
        shard.Hashes.ResidentPages.ShouldBe(3);

        shard.Hashes.GiveUp(First, []);

        (shard.Hashes.SegmentCount, shard.Hashes.ResidentPages, shard.Hashes.HasGivenUp).ShouldBe((0, 0, false));
        (await shard.ContainsAsync(Ids, NowMs)).ShouldAllBe(seen => !seen);
        Add(shard.Hashes);
        (await shard.ContainsAsync(Ids, NowMs)).ShouldAllBe(seen => seen);
    }

    [Fact]
    public async Task The_time_of_a_known_segment_is_its_buckets()
    {
        SeenShard shard = await StoredAsync();
        shard.Hashes.BucketMs.ShouldBe(100);
        shard.Hashes.SpanOf(First, NowMs).ShouldBe((5_000, 5_100));

        SeenShard longer = await SeenShard.OpenAsync(shard.Store, Options with { WindowMs = 16_000 });
        longer.Hashes.BucketMs.ShouldBe(1_000);
        longer.Hashes.SpanOf(First, NowMs).ShouldBe((5_000, 5_100));
    }

    [Theory]
    [InlineData(50, 5_000, 5_100)]
    [InlineData(34, 3_400, 3_500)]
    [InlineData(33, 3_400, long.MaxValue)]
    [InlineData(51, 3_400, long.MaxValue)]
    [InlineData(0, 3_400, long.MaxValue)]
    public async Task The_time_of_an_unknown_segment_is_that_of_a_bucket_of_todays_length_where_that_is_near_the_window(long bucket, long fromMs, long toMs)
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);

        shard.Hashes.SpanOf(new SegmentKey(bucket, 9), NowMs).ShouldBe((fromMs, toMs));
    }

    [Fact]
    public async Task No_time_is_before_the_first()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);

        shard.Hashes.SpanOf(new SegmentKey(99, 9), 1_000).ShouldBe((0, long.MaxValue));
        shard.Hashes.SpanOf(new SegmentKey(0, 9), 1_000).ShouldBe((0, 100));
    }

    [Theory]
    [InlineData(nameof(SeenHashesOptions.WindowMs), 1, 315_532_800_000)]
    [InlineData(nameof(SeenHashesOptions.BucketsPerWindow), 1, 1024)]
    [InlineData(nameof(SeenHashesOptions.PageIds), 1, 4096)]
    [InlineData(nameof(SeenHashesOptions.FilterBitsPerId), 4, 32)]
    [InlineData(nameof(SeenHashesOptions.MaxSegmentIds), 1, 16_777_216)]
    [InlineData(nameof(SeenHashesOptions.MergeAtSegments), 2, 64)]
    [InlineData(nameof(SeenHashesOptions.MaxActiveIds), 1, 16_777_216)]
    [InlineData(nameof(SeenHashesOptions.MaxDeletedRowsPerSeal), 1, 1_048_576)]
    [InlineData(nameof(SeenHashesOptions.MaxOpenBytes), 0, long.MaxValue)]
    public void An_option_may_be_at_either_end_of_its_range_and_not_beyond(string option, long least, long most)
    {
        With(least).Validate();
        With(most).Validate();
        Should.Throw<ArgumentException>(() => With(least - 1).Validate()).Message.ShouldContain($"{option} is {least - 1}");
        if (most < long.MaxValue)
        {
            Should.Throw<ArgumentException>(() => With(most + 1).Validate()).Message.ShouldContain($"{option} is {most + 1}");
        }

        SeenHashesOptions With(long value)
        {
            var options = new SeenHashesOptions();
            System.Reflection.PropertyInfo property = typeof(SeenHashesOptions).GetProperty(option)!;
            property.SetValue(options, Convert.ChangeType(value, property.PropertyType, System.Globalization.CultureInfo.InvariantCulture));
            return options;
        }
    }

    [Theory]
    [InlineData(0, 16, 1)]
    [InlineData(1, 16, 1)]
    [InlineData(32, 16, 1)]
    [InlineData(33, 16, 2)]
    [InlineData(1 << 24, 32, 1 << 20)]
    public void A_filter_has_as_many_blocks_of_512_bits_as_its_ids_need(int ids, int bitsPerId, int blocks) =>
        BlockedFilter.BlocksFor(ids, bitsPerId).ShouldBe(blocks);

    [Fact]
    public void The_keys_of_rows_are_read_as_they_were_made_and_others_are_none()
    {
        SegmentKey.TryParse(First.Row(PagedRow.DirectoryPage), out SegmentKey key, out int page).ShouldBeTrue();
        (key, page).ShouldBe((First, PagedRow.DirectoryPage));
        SegmentKey.TryParse(First.Row(300), out key, out page).ShouldBeTrue();
        (key, page).ShouldBe((First, 300));

        byte[] directory = First.Row(PagedRow.DirectoryPage);
        byte[] row = First.Row(300);
        byte[] otherKind = [2, .. directory[1..]];
        byte[] directorysKind = [1, .. row[1..]];
        byte[] negativePage = [.. row[..17], 0xFF, 0xFF, 0xFF, 0xFF];
        foreach (byte[] bad in (byte[][])[[], directory[..^1], row[..^1], [.. row, 0], otherKind, directorysKind, negativePage,
            new SegmentKey(-1, 1).Row(0), new SegmentKey(1, -1).Row(0)])
        {
            SegmentKey.TryParse(bad, out _, out _).ShouldBeFalse(Convert.ToHexString(bad));
        }
    }

    private static void Add(SeenHashes hashes)
    {
        foreach (UInt128 id in Ids)
        {
            hashes.Add(id, NowMs);
        }
    }

    private static async Task<SeenShard> StoredAsync()
    {
        SeenShard shard = await SeenShard.OpenAsync(new FakeSnapshotStore(), Options);
        Add(shard.Hashes);
        await shard.SealAsync(20, NowMs);
        return shard;
    }
}
