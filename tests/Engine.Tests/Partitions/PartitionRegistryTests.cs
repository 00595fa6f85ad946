using DataLoad.Engine.Partitions;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

/// <summary>Where Partitions are, and how they moved.</summary>
public sealed class PartitionRegistryTests
{
    [Fact]
    public void A_move_is_told_once_and_what_comes_and_goes_is_counted()
    {
        var told = new List<string>();
        var registry = new PartitionRegistry { Moved = status => told.Add($"{status.Partition} {status.Node} {status.Phase}") };

        registry.Report(Status("a", PartitionPhase.Owning));
        registry.Report(Status("a", PartitionPhase.Serving));
        registry.Report(Status("a", PartitionPhase.Serving) with { SequenceNr = 7 });
        registry.Report(Status("a", PartitionPhase.Stopped));
        registry.Lost(3, nowMs: 0);
        registry.Left(3);
        registry.ReportElsewhere(Status("b", PartitionPhase.Serving));
        registry.ReportElsewhere(Status("b", PartitionPhase.Serving));
        registry.ReportElsewhere(Status("c", PartitionPhase.Serving));
        registry.Report(Status("a", PartitionPhase.Owning));

        told.ShouldBe(["3 a Owning", "3 a Serving", "3 a Stopped", "3 b Serving", "3 c Serving", "3 a Owning"]);
        (registry.TakenCount, registry.GivenUpCount, registry.LossCount).ShouldBe((2, 1, 1));
    }

    [Theory]
    [InlineData(7, 1000, false)]
    [InlineData(8, 1000, true)]
    [InlineData(9, 1000, true)]
    [InlineData(9, 61_000, false)]
    public void A_refused_write_is_a_loss_where_another_has_the_number_soon_after(long lastSequenceNr, long afterMs, bool isLost)
    {
        var registry = new PartitionRegistry();
        registry.Found(3, 7, nowMs: 0).ShouldBeFalse("nothing was refused");
        registry.Refused(3, 8, nowMs: 0);

        registry.Found(3, lastSequenceNr, afterMs).ShouldBe(isLost);
        registry.Found(3, 20, afterMs).ShouldBeFalse("it is asked once");
        (registry.LossCount, registry.LossesOf(3, afterMs)).ShouldBe(isLost ? (1, 1) : (0, 0));
    }

    [Fact]
    public void A_refused_write_is_a_loss_where_another_node_serves_the_Partition()
    {
        var registry = new PartitionRegistry();
        registry.Refused(3, 8, nowMs: 0);
        registry.ReportElsewhere(Status("b", PartitionPhase.Serving));

        registry.Found(3, 20, nowMs: 1).ShouldBeFalse("it is over");
        (registry.LossCount, registry.LossesOf(3, nowMs: 1)).ShouldBe((1, 0));
    }

    [Fact]
    public void A_Partition_that_starts_again_here_was_not_taken_again()
    {
        var registry = new PartitionRegistry();

        registry.Report(Status("a", PartitionPhase.Serving));
        registry.PersistFailed(3, 8, "no disk");
        registry.Report(Status("a", PartitionPhase.Stopped));
        registry.Report(Status("a", PartitionPhase.Owning));

        (registry.TakenCount, registry.GivenUpCount).ShouldBe((1, 0));
        registry.FailingOf(3).ShouldBe("Partition 3 cannot persist at SequenceNr 8: no disk");
        registry.FailingOf(4).ShouldBeNull();
    }

    private static PartitionStatus Status(string node, PartitionPhase phase) => new() { Partition = 3, Node = node, Phase = phase };
}
