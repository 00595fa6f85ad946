using DataLoad.Engine.Auditing;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Auditing;

public sealed class FlushLagTests
{
    private static readonly CounterId Late = new(1, new TopicKey("activity", 1), 739_675);
    private static readonly CounterId Other = new(1, new TopicKey("activity", 2), 739_675);

    private readonly FlushLag _lag = new() { Horizon = long.MaxValue };
    private long _number;

    [Fact]
    public void Counter_is_overdue_once_its_owner_has_journaled_on_for_longer_than_a_flush_takes()
    {
        Own(0);
        Block(1_000, Late);
        Block(61_000, Other);
        Overdue().ShouldBeEmpty();

        Block(61_001);

        Overdue().ShouldBe([Late]);
    }

    [Fact]
    public void Counter_of_an_owner_that_ended_soon_after_waits_for_the_next_start_however_late_it_comes()
    {
        Own(0);
        Block(1_000, Late);
        Own(10_000_000);
        Block(10_050_000);

        Overdue().ShouldBeEmpty();
    }

    [Fact]
    public void Counter_is_overdue_where_a_later_owner_went_on_without_it()
    {
        Own(0);
        Block(1_000, Late);
        Own(10_000_000);
        Block(10_060_001);
        Own(20_000_000);

        Overdue().ShouldBe([Late]);
    }

    [Fact]
    public void Counter_is_overdue_where_the_last_owner_is_known_to_go_on_though_it_journals_nothing()
    {
        Own(0);
        Block(1_000, Late);

        Overdue(ownedUntilMs: 61_000).ShouldBeEmpty();
        Overdue(ownedUntilMs: 61_001).ShouldBe([Late]);
    }

    [Fact]
    public void First_event_that_waits_is_the_one_that_counts()
    {
        Own(0);
        Block(1_000, Late);
        Block(50_000, Late);
        Block(61_001, Late);

        Overdue().ShouldBe([Late]);
    }

    [Fact]
    public void Row_is_waited_for_until_it_has_the_last_event_that_it_lacks()
    {
        // Its row may get the first of them while the journal is read, and never the others.
        _lag.Horizon = 3;
        Own(0);
        Block(1_000, Late);
        Block(2_000, Late);
        Block(3_000, Late);

        _lag.LeftOutRows.ShouldBe([(new RowKey(Late, Part: null), 3, 2_000)]);
    }

    [Fact]
    public void What_was_journaled_after_the_rows_were_read_says_nothing()
    {
        _lag.Horizon = 3;
        Own(0);
        Block(1_000, Late);
        Block(2_000);
        Block(3_000, Other);
        Block(100_000);

        Overdue().ShouldBeEmpty();
        Overdue(ownedUntilMs: 200_000).ShouldBe([Late]);
    }

    [Fact]
    public void Journal_that_begins_behind_a_baseline_has_an_owner_from_its_first_entry_on()
    {
        Block(1_000, Late);
        Block(70_000);

        Overdue().ShouldBe([Late]);
        _lag.Clear();
        Overdue(ownedUntilMs: 100_000).ShouldBeEmpty();
    }

    private void Own(long atMs) => _lag.Read(new PersistedEntry(0, ++_number, new Owned("node", atMs)), atMs);

    private void Block(long atMs, CounterId? leftOut = null)
    {
        _lag.Read(new PersistedEntry(0, ++_number, new Block([])), atMs);
        if (leftOut is CounterId id)
        {
            _lag.LeftOut(new RowKey(id, Part: null));
        }
    }

    private IEnumerable<CounterId> Overdue(long? ownedUntilMs = null) =>
        _lag.Overdue(TimeSpan.FromMinutes(1), ownedUntilMs).Select(row => row.Id);
}
