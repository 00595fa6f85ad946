using DataLoad.Engine.Intake;
using DataLoad.Engine.Parking;
using DataLoad.Engine.Tests.Scheduling;
using DataLoad.Engine.Tests.Sharding;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Intake;

public sealed class ParkedReturnsTests
{
    private static readonly IntakeSettings Settings = new() { ParkedLookInterval = TimeSpan.FromSeconds(7), ParkedFaultDelay = TimeSpan.FromMinutes(5) };

    [Fact]
    public async Task A_damaged_parked_delivery_is_left_aside_for_the_delay_that_is_set()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share", Settings);

        ParkedDelivery damaged = Damaged(harness);
        await harness.Parking.ParkAgainAsync([damaged], default);

        await WaitFor.ConditionAsync(() => DueOf(harness, damaged) == harness.Time.NowMs + (long)TimeSpan.FromMinutes(5).TotalMilliseconds, "it to be left aside");
    }

    [Fact]
    public async Task What_was_parked_without_being_announced_is_found_at_the_next_look()
    {
        await using PipelineHarness harness = await PipelineHarness.StartAsync("act.share", Settings);
        await WaitFor.ConditionAsync(() => harness.Time.Waiting == 1, "the wait for parked deliveries");

        ParkedDelivery damaged = Damaged(harness);
        await harness.Region.Store.Parking.ParkAsync([damaged], default);
        harness.Time.Advance(TimeSpan.FromSeconds(7) - TimeSpan.FromMilliseconds(1));
        DueOf(harness, damaged).ShouldBe(damaged.DueMs);
        harness.Time.Advance(TimeSpan.FromMilliseconds(1));

        await WaitFor.ConditionAsync(() => DueOf(harness, damaged) > harness.Time.NowMs, "it to be taken up");
    }

    private static ParkedDelivery Damaged(PipelineHarness harness) =>
        new() { Id = new Guid(1, 2, 3, new byte[8]), Stream = "act.share", DueMs = harness.Time.NowMs, Tries = 0, Message = [1, 2, 3] };

    private static long DueOf(PipelineHarness harness, ParkedDelivery parked)
    {
        lock (harness.Region.State.Gate)
        {
            return harness.Region.State.Parked.TryGetValue(parked.Id, out ParkedDelivery? stored) ? stored.DueMs : 0;
        }
    }
}
