using DataLoad.Engine.Intake.Streaming;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Scheduling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake.Streaming;

public sealed class UnacceptedPartsTests
{
    private static readonly Guid Source = new(1, 2, 3, new byte[8]);
    private static readonly Backoff Resend = new(Seconds(1), Seconds(8));

    [Fact]
    public void A_batch_is_due_again_after_a_second_and_then_ever_later_up_to_a_limit()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));
        var sent = new List<double>();

        for (double now = 0; now < 40; now += 0.5)
        {
            if (parts.TakeDue(Seconds(now)).Count > 0)
            {
                sent.Add(now);
            }
        }

        sent.ShouldBe([1, 3, 7, 15, 23, 31, 39]);
    }

    [Fact]
    public void What_was_accepted_is_not_sent_again_and_a_second_answer_means_nothing()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));

        parts.TryAccept(Id(1), out UnacceptedParts.Entry accepted).ShouldBeTrue();

        accepted.Part.Tags.ShouldBe([1UL]);
        parts.TryAccept(Id(1), out _).ShouldBeFalse();
        parts.TakeDue(Seconds(100)).ShouldBeEmpty();
        (parts.Count, parts.Bytes).ShouldBe((0, 0));
    }

    [Fact]
    public void An_answer_to_another_incarnation_is_ignored()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));

        parts.TryAccept(new BatchId(Guid.Empty, 1), out _).ShouldBeFalse();
        parts.Count.ShouldBe(1);
    }

    [Fact]
    public void Held_lets_go_of_a_copy_and_does_not_stop_the_sending()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));
        parts.TakeDue(Seconds(1)).Count.ShouldBe(1);
        parts.Bytes.ShouldBe(20);

        parts.Hold(Id(1));
        parts.Hold(Id(1));

        parts.Bytes.ShouldBe(10);
        parts.TakeDue(Seconds(3)).Count.ShouldBe(1);
    }

    [Fact]
    public void Copies_take_credit()
    {
        UnacceptedParts parts = Parts(maxBatches: 2, maxBytes: 1000);
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));
        parts.HasCredit.ShouldBeTrue();

        parts.TakeDue(Seconds(1));
        parts.HasCredit.ShouldBeFalse();

        parts.Hold(Id(1));
        parts.HasCredit.ShouldBeTrue();
    }

    [Fact]
    public void Bytes_take_credit()
    {
        UnacceptedParts parts = Parts(maxBatches: 100, maxBytes: 20);
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0));
        parts.HasCredit.ShouldBeTrue();
        parts.Add(Batch(2), new TestDeliveries(1), Seconds(0));
        parts.HasCredit.ShouldBeFalse();

        parts.TryAccept(Id(1), out _);
        parts.HasCredit.ShouldBeTrue();
    }

    [Fact]
    public void A_new_owner_gets_all_of_its_Partition_at_once_and_the_waits_begin_anew()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(2, partition: 1), new TestDeliveries(1), Seconds(0));
        parts.Add(Batch(1, partition: 1), new TestDeliveries(1), Seconds(0));
        parts.Add(Batch(3, partition: 2), new TestDeliveries(1), Seconds(0));
        parts.TakeDue(Seconds(1));
        parts.TakeDue(Seconds(3));

        parts.TakeOf(1, Seconds(4)).Select(part => part.Id.Number).ShouldBe([1, 2]);

        parts.TakeDue(Seconds(5)).Select(part => part.Id.Number).ShouldBe([1, 2]);
        parts.Bytes.ShouldBe(10 * (2 + 2 + 3));
    }

    [Fact]
    public void What_stays_on_the_node_is_not_sent_again_and_takes_credit()
    {
        UnacceptedParts parts = Parts(maxBatches: 1);
        parts.Add(new Part(Id(1), PartTarget.DeadLetters, "letters", 10, [1]), new TestDeliveries(1), Seconds(0));

        parts.TakeDue(Seconds(100)).ShouldBeEmpty();
        parts.NextDue.ShouldBeNull();
        parts.HasCredit.ShouldBeFalse();
    }

    [Fact]
    public void What_nobody_waits_for_is_dropped()
    {
        UnacceptedParts parts = Parts();
        var lost = new TestDeliveries(1);
        parts.Add(Batch(1), lost, Seconds(0));
        parts.Add(Batch(2), new TestDeliveries(1), Seconds(0));
        lost.IsLost = true;

        parts.TakeLost().Select(part => part.Id.Number).ShouldBe([1]);
        parts.All.Select(part => part.Id.Number).ShouldBe([2]);
        parts.Bytes.ShouldBe(10);
    }

    [Fact]
    public void What_its_source_waits_for_before_it_consumes_anew_is_overdue_after_the_longest_wait()
    {
        UnacceptedParts parts = Parts();
        var awaited = new TestDeliveries(1);
        parts.Add(Batch(1), awaited, Seconds(0));
        parts.Add(Batch(2), new TestDeliveries(1), Seconds(0));
        parts.Overdue(Seconds(50)).ShouldBeEmpty();

        awaited.IsAwaited = true;
        parts.Overdue(Seconds(7.9)).ShouldBeEmpty();
        parts.Overdue(Seconds(8)).Select(entry => entry.Part.Id.Number).ShouldBe([1]);
    }

    [Fact]
    public void A_Partition_that_does_not_accept_is_named_after_three_sends()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1, partition: 7), new TestDeliveries(1), Seconds(0));
        parts.TakeDue(Seconds(1));
        parts.Failing(Seconds(1)).ShouldBeNull();

        parts.TakeDue(Seconds(3));
        parts.Failing(Seconds(3))!.ShouldContain("Partition 7");

        parts.TryAccept(Id(1), out _);
        parts.Failing(Seconds(3)).ShouldBeNull();
    }

    [Fact]
    public void A_batch_is_overdue_after_the_hold_limit_from_when_it_was_sent_first_whoever_owns_its_Partition()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1, partition: 1), new TestDeliveries(1), Seconds(10));
        parts.TakeOf(1, Seconds(60));

        parts.Overdue(Seconds(109)).ShouldBeEmpty();
        parts.Overdue(Seconds(110)).Single().Part.Id.ShouldBe(Id(1));
    }

    [Fact]
    public void What_was_held_before_counts_but_each_batch_is_given_the_first_wait()
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1), new TestDeliveries(1), Seconds(0), heldFor: Seconds(40));
        parts.Add(Batch(2), new TestDeliveries(2), Seconds(0), heldFor: Seconds(400));

        parts.Overdue(Seconds(0)).ShouldBeEmpty();
        parts.Overdue(Seconds(1)).Single().Part.Id.ShouldBe(Id(2));
        parts.Overdue(Seconds(60)).Select(entry => entry.Part.Id).ShouldBe([Id(1), Id(2)]);
    }

    [Fact]
    public void Of_a_Partition_that_is_away_one_batch_is_sent_and_all_that_comes_is_overdue_at_once()
    {
        UnacceptedParts parts = Away(1);

        parts.Add(Batch(2, partition: 1), new TestDeliveries(2), Seconds(101)).ShouldBeFalse();
        parts.Add(Batch(3, partition: 2), new TestDeliveries(3), Seconds(101)).ShouldBeTrue();

        parts.Overdue(Seconds(101)).Single().Part.Id.ShouldBe(Id(2));
        parts.Park(parts.Overdue(Seconds(101))[0], Parking(2)).ShouldBeFalse();
        parts.TakeDue(Seconds(150)).Select(part => part.Id).ShouldBe([Id(1), Id(3)]);
    }

    [Fact]
    public void The_one_that_is_sent_goes_on_being_sent_when_it_is_parked_and_takes_no_credit()
    {
        UnacceptedParts parts = Away(1);
        parts.TryAccept(Id(1), out _).ShouldBeTrue();

        parts.TakeDue(Seconds(150)).Single().Target.ShouldBe(PartTarget.Partition);
        parts.TakeDue(Seconds(158)).Single().Id.ShouldBe(Id(1));
        (parts.Count, parts.Bytes, parts.IsIdle).ShouldBe((0, 0, false));
        parts.NextDue.ShouldBe(Seconds(162));
    }

    [Fact]
    public void A_Partition_that_accepts_gets_what_waits_to_be_parked_at_once_and_is_away_no_more()
    {
        UnacceptedParts parts = Away(1);
        parts.Add(Batch(2, partition: 1), new TestDeliveries(2), Seconds(101));
        parts.Park(parts.Overdue(Seconds(101))[0], Parking(2));

        parts.TakeBack(1, Seconds(102)).Select(part => (part.Id, part.Target)).ShouldBe([(Id(2), PartTarget.Partition)]);

        parts.IsAway(1).ShouldBeFalse();
        parts.Add(Batch(3, partition: 1), new TestDeliveries(3), Seconds(103)).ShouldBeTrue();
        parts.TryAccept(Id(1), out _);
        parts.TryAccept(Id(2), out _);
        parts.TryAccept(Id(3), out _);
        (parts.Count, parts.Bytes, parts.IsIdle, parts.HasCredit).ShouldBe((0, 0, true, true));
    }

    [Fact]
    public void A_new_owner_of_a_Partition_that_is_away_gets_the_one_batch_only()
    {
        UnacceptedParts parts = Away(1);
        parts.Add(Batch(2, partition: 1), new TestDeliveries(2), Seconds(101));
        parts.Park(parts.Overdue(Seconds(101))[0], Parking(2));

        parts.TakeOf(1, Seconds(102)).Single().Id.ShouldBe(Id(1));
        parts.IsAway(1).ShouldBeTrue();
    }

    [Fact]
    public void Where_the_one_that_is_sent_is_lost_before_it_is_parked_the_others_are_sent_instead()
    {
        UnacceptedParts parts = Parts();
        var lost = new TestDeliveries(1);
        parts.Add(Batch(1, partition: 1), lost, Seconds(0));
        parts.Park(parts.Overdue(Seconds(100)).Single(), Parking(1));
        parts.Add(Batch(2, partition: 1), new TestDeliveries(2), Seconds(101));
        parts.Park(parts.Overdue(Seconds(101))[0], Parking(2));
        lost.IsLost = true;

        parts.TakeLost().Single().Id.ShouldBe(Id(1));

        parts.IsAway(1).ShouldBeFalse();
        parts.TakeDue(Seconds(101)).Single().Id.ShouldBe(Id(2));
    }

    [Fact]
    public void A_row_that_waits_to_be_stored_takes_credit()
    {
        UnacceptedParts parts = Parts(maxBytes: 30);
        parts.Add(Batch(1, partition: 1), new TestDeliveries(1), Seconds(0));
        parts.HasCredit.ShouldBeTrue();

        parts.Park(parts.Overdue(Seconds(100)).Single(), Parking(1));

        (parts.Bytes, parts.HasCredit).ShouldBe((35, false));
        parts.Failing(Seconds(100))!.ShouldContain("1 wait");
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static UnacceptedParts Parts(int maxBatches = 100, long maxBytes = 1000) => new(maxBatches, maxBytes, Resend, holdLimit: Seconds(100));

    /// <summary>A Partition that has not accepted batch 1 for 100 seconds; that waits to be parked.</summary>
    private static UnacceptedParts Away(int partition)
    {
        UnacceptedParts parts = Parts();
        parts.Add(Batch(1, partition), new TestDeliveries(1), Seconds(0));
        parts.Park(parts.Overdue(Seconds(100)).Single(), Parking(1)).ShouldBeTrue();
        return parts;
    }

    private static Part Parking(long number) => new(Id(number), PartTarget.Parking, new Park(Id(number), []), 25, [(ulong)number]);

    private static BatchId Id(long number) => new(Source, number);

    private static Part Batch(long number, int partition = 0) =>
        new(Id(number), PartTarget.Partition, new EventBatch(Id(number), partition, [], []), 10, [(ulong)number]);
}
