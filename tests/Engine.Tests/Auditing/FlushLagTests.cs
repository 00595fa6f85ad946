using DataLoad.Engine.Auditing;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Auditing;

public sealed class FlushLagTests
{
    private static readonly CounterId s_id = new(1, new TopicKey("a", 1), 739_675);

    [Fact]
    public void A_Counter_is_waited_for_until_its_row_has_the_last_event_that_it_lacks()
    {
        // Its row may get the first of them while the journal is read, and never the others.
        var lag = new FlushLag { Horizon = 4 };
        Block block = BlockSpec.Block(new RandomEvents(1).Take(1));
        lag.Read(new PersistedEntry(0, 1, new Owned("node", 1_000)), 1_000);
        foreach (long sequenceNr in (long[])[2, 3, 4, 5])
        {
            lag.Read(new PersistedEntry(0, sequenceNr, block), sequenceNr * 1_000);
            lag.LeftOut(s_id);
        }

        lag.LeftOutCounters.ShouldBe([(s_id, 4, 4_000)]);
        lag.Overdue(TimeSpan.FromSeconds(1.5), ownedUntilMs: null).ShouldBe([s_id]);
        lag.Overdue(TimeSpan.FromSeconds(2.5), ownedUntilMs: null).ShouldBeEmpty();
    }
}
