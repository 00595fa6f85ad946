using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>Each bit of a stored Counter whose set has one of the forms, broken in turn; too slow to be run against each mutant.</summary>
public sealed class CounterDamageTests
{
    private static readonly CountingPlan Plan = new(Catalog.Default);

    [Theory]
    [InlineData("a run", 1, 1)]
    [InlineData("an array", 1, 17)]
    [InlineData("a bitmap", 1, 3)]
    public void A_damaged_set_of_every_form_is_refused_by_its_name(string form, int first, int step)
    {
        Page page = Catalog.Default.PageNamed("act");
        var counter = new Counter(new CounterId(page.Id, new TopicKey("lesson", 9), 739_675), page);
        var random = new Random(step);
        StreamDefinition share = Catalog.Default.FindStream("act.share")!;
        for (int i = 0; i < (step == 3 ? 14_000 : 900); i++)
        {
            int user = first + (i * step) + (step == 1 ? 0 : random.Next(step));
            var spec = new EventSpec(share, counter.Id.Topic, 1_772_323_200_000, counter.Id.Day, user, null, ["s", "", "", ""], [], EventId.None);
            counter.Apply(Plan, spec.Fill(new BusinessEvent()), i + 1);
        }

        byte[] stored = CounterCodec.Encode(counter);

        CounterCodec.Decode(counter.Id, page, stored).Values().ShouldBe(counter.Values(), form);
        DamagedBytes.ShouldBeRefused(stored, bytes => CounterCodec.Decode(counter.Id, page, bytes), "lesson/9 on 2026-");
        DamagedBytes.ShouldNotCrash(stored, bytes => CounterCodec.Decode(counter.Id, page, bytes), seed: step, perByte: 64, "lesson/9 on 2026-");
    }
}
