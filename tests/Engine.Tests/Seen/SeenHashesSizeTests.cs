using DataLoad.Engine.Journaling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>What segments and tables cost, which decides what is let go and how much is loaded at a time.</summary>
public sealed class SeenHashesSizeTests
{
    [Fact]
    public void A_segment_has_a_row_for_each_page_and_one_for_its_directory()
    {
        var segment = new Segment(new SegmentKey(50, 1), 100, Count: 20, PageIds: 8, FilterBlocks: 3);

        (segment.PageCount, segment.RowCount, segment.EndMs).ShouldBe((3, 4, 5_100));
        segment.RowBytes(0).ShouldBe((8 * 16) + 32);
        segment.RowBytes(2).ShouldBe((4 * 16) + 32);
        segment.RowBytes(PagedRow.DirectoryPage).ShouldBe((3 * 64) + (3 * 16) + 64);
    }

    [Fact]
    public void A_directory_and_a_page_cost_what_they_hold()
    {
        var directory = new SegmentDirectory(new BlockedFilter(3), [1, 9, 17]);

        directory.Filter.Bytes.ShouldBe((((3 * 8) + 7) * 8) + 64);
        directory.Bytes.ShouldBe(directory.Filter.Bytes + (3 * 24) + 112);
        new SegmentPage(directory, 0, [1, 2, 3, 4]).Bytes.ShouldBe((4 * 16) + 96);
    }

    [Fact]
    public void A_table_holds_the_id_zero_once_beside_the_others()
    {
        var table = new IdTable();
        foreach (UInt128 id in new UInt128[] { 0, 5 })
        {
            table.Contains(id, new HashProbe(id)).ShouldBeFalse();
            table.Add(id, new HashProbe(id)).ShouldBeTrue();
            table.Add(id, new HashProbe(id)).ShouldBeFalse();
            table.Contains(id, new HashProbe(id)).ShouldBeTrue();
        }

        table.Count.ShouldBe(2);
        table.Sorted().ShouldBe([0, 5]);
        table.Clear();
        (table.Count, table.Contains(0, default), table.Sorted().Length).ShouldBe((0, false, 0));
    }

    [Fact]
    public void A_table_grows_when_five_eighths_are_full_and_is_worth_keeping_while_an_eighth_is()
    {
        var table = new IdTable();
        (table.Bytes, table.WorthKeeping).ShouldBe(((64 * 16) + 96, true));
        UInt128[] ids = SeenShard.Ids(41, seed: 1);
        foreach (UInt128 id in ids[..40])
        {
            table.Add(id, new HashProbe(id));
        }

        table.Bytes.ShouldBe((64 * 16) + 96);
        table.Add(ids[40], new HashProbe(ids[40]));
        table.Bytes.ShouldBe((128 * 16) + 96);
        table.WorthKeeping.ShouldBeTrue();

        table.Clear();
        foreach (UInt128 id in ids[..15])
        {
            table.Add(id, new HashProbe(id));
        }

        table.WorthKeeping.ShouldBeFalse();
        table.Add(ids[15], new HashProbe(ids[15]));
        table.WorthKeeping.ShouldBeTrue();
    }

    [Fact]
    public void Opening_keeps_256_MiB_of_directories_by_default() => new SeenHashesOptions().MaxOpenBytes.ShouldBe(268_435_456);
}
