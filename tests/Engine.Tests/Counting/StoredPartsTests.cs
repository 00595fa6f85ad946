using System.Collections.Immutable;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Counting;
using DataLoad.Engine.Tests.Journaling;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Counting;

/// <summary>Parts over what is stored: which pages are saved, what a page that was read holds already, and where the pages of a Counter that was computed anew stand.</summary>
public sealed class StoredPartsTests
{
    private static readonly Catalog s_all = Catalog.Default.WithBreakdowns(
        Catalog.Default.Pages.ToDictionary(page => page.Name, _ => ImmutableArray.Create(Enum.GetValues<Breakdown>())));

    private static readonly CountingPlan s_plan = new(s_all);
    private static readonly Page s_page = s_all.PageNamed("act");
    private static readonly CounterId s_id = new(s_page.Id, new TopicKey("lesson", 9), 739_675);

    private readonly BusinessEvent _event = new();
    private readonly Counter _counter = new(s_id, s_page);
    private long _sequenceNr;

    private CounterBreakdown Parents => _counter.Find(Breakdown.Parent)!;

    [Fact]
    public void A_page_is_saved_again_only_when_it_changed_since()
    {
        Visit(Enumerable.Range(1, PartPage.MaxParts + 10));
        Parents.TakeChangedPages().Select(page => page.Number).ShouldBe([0, 1]);
        Parents.TakeChangedPages().ShouldBeEmpty();

        Visit([300, 300, 3]);

        Parents.TakeChangedPages().Select(page => page.Number).Order().ShouldBe([0, 1]);
        Visit([PartPage.MaxParts + 1]);
        Parents.TakeChangedPages().Select(page => page.Number).ShouldBe([1]);
    }

    [Fact]
    public void A_row_is_written_again_only_when_its_part_changed_since()
    {
        Visit([1, 2, 1]);
        Parents.TakeChanged(10).Select(part => part.Id).Order().ShouldBe([1, 2]);
        Parents.TakeChanged(10).ShouldBeEmpty();
        Parents.HasChanged.ShouldBeFalse();

        Visit([2, 2]);

        Parents.HasChanged.ShouldBeTrue();
        Parents.TakeChanged(10).Select(part => part.Id).ShouldBe([2]);
    }

    [Fact]
    public void All_of_a_Counter_that_was_computed_anew_is_written_and_saved()
    {
        Visit(Enumerable.Range(1, PartPage.MaxParts + 1));
        Parents.TakeChanged(1000).Count().ShouldBe(PartPage.MaxParts + 1);
        Parents.TakeChangedPages();

        _counter.MarkAllChanged();

        Parents.TakeChanged(1000).Select(part => part.Id).Order().ShouldBe(Enumerable.Range(1, PartPage.MaxParts + 1));
        Parents.TakeChangedPages().Select(page => page.Number).ShouldBe([0, 1]);
    }

    [Fact]
    public void A_part_takes_in_nothing_beyond_its_row_and_tells_of_each_event_that_it_leaves_out()
    {
        Visit([1]);
        var leftOut = new List<int>();
        Parents.Limit(part => part.Id switch { 1 => 2, 9 => 5, _ => long.MaxValue }, part => leftOut.Add(part.Id));

        Visit([1, 1, 2, 9, 9, 2, 1]);

        Parents.Parts.Select(part => (part.Id, Visits(part.Id), part.SequenceNr)).Order().ShouldBe([(1, 2, 2), (2, 2, 7), (9, 1, 5)]);
        leftOut.ShouldBe([1, 9, 1]);
    }

    [Fact]
    public void What_a_stored_page_holds_is_not_added_again_and_what_comes_behind_it_is()
    {
        Visit([1, 2, 1]);
        Counter read = Read(Parents.Pages[0]);

        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 1).Fill(_event), 3).ShouldBeTrue();
        Visits(read, 1).ShouldBe(2);
        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 1).Fill(_event), 4).ShouldBeTrue();
        Visits(read, 1).ShouldBe(3);
    }

    [Fact]
    public void A_value_that_no_stored_page_has_goes_to_one_that_does_not_claim_its_event()
    {
        Visit([1, 2, 1]);
        Counter read = Read(Parents.Pages[0]);

        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 7).Fill(_event), 3);
        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 8).Fill(_event), 4);

        (Visits(read, 7), Visits(read, 8)).ShouldBe((1, 1));
        read.Find(Breakdown.Parent)!.Pages.Select(page => page.Parts.Count).ShouldBe([2, 2]);
    }

    [Fact]
    public void A_Counter_whose_pages_lag_behind_it_adds_to_them_alone_what_it_holds_itself()
    {
        Visit([1, 1]);
        byte[] page = PartPageCodec.Encode(s_page, Parents.Pages[0], 2);
        Visit([1, 1]);
        Counter read = CounterCodec.Decode(s_id, s_page, CounterCodec.Encode(new Counter(s_id, s_page) { SequenceNr = 4 }));
        read.HeldSequenceNr.ShouldBe(4);

        read.AddParts(Breakdown.Parent, PartPageCodec.Decode(s_id, s_page, 0, page), 0);

        read.HeldSequenceNr.ShouldBe(2);
        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 1).Fill(_event), 2).ShouldBeFalse();
        read.Apply(s_plan, CounterBreakdownTests.Visit(parent: 1).Fill(_event), 3).ShouldBeTrue();
        Visits(read, 1).ShouldBe(3);
        read.Value(s_page.IndexOf("visit_cnt")).ShouldBe(0);
    }

    [Fact]
    public void A_value_that_is_on_two_pages_is_refused_by_name()
    {
        Visit([4]);
        byte[] page = PartPageCodec.Encode(s_page, Parents.Pages[0], 1);
        Counter read = Read(Parents.Pages[0]);

        Should.Throw<StoredFormatException>(() => read.AddParts(Breakdown.Parent, PartPageCodec.Decode(s_id, s_page, 1, page), 0))
            .Message.ShouldContain("the value 'parent=BEAR:4' is on two pages");
    }

    [Fact]
    public void Pages_that_stand_behind_others_are_numbered_on_and_those_to_come_behind_them()
    {
        Visit(Enumerable.Range(1, PartPage.MaxParts + 1));

        Parents.BeginAt(20);
        Visit(Enumerable.Range(1000, PartPage.MaxParts));

        Parents.Pages.Select(page => page.Number).ShouldBe([20, 21, 22]);
        Parents.StoredPages.ShouldBe(new PartPages(Breakdown.Parent, 20, 3));
        Parents.StoredPages.Numbers.ShouldBe([20, 21, 22]);
        Counter read = CounterCodec.Decode(s_id, s_page, CounterCodec.Encode(_counter));
        read.Breakdowns.Select(breakdown => breakdown.FirstPage).ShouldBe([20, 0, 0]);
    }

    [Fact]
    public void Breakdowns_that_a_Counter_lacks_begin_beside_those_that_it_has()
    {
        Visit([1]);
        _counter.Breakdowns = [Parents];
        _counter.Find(Breakdown.Channel).ShouldBeNull();

        _counter.BeginBreakdowns();

        _counter.Breakdowns.Select(breakdown => (breakdown.Breakdown, breakdown.Parts.Count)).ShouldBe([(Breakdown.Parent, 1), (Breakdown.Channel, 0), (Breakdown.QrCode, 0)]);
    }

    private static Counter Read(PartPage page)
    {
        var read = new Counter(s_id, s_page);
        read.AddParts(Breakdown.Parent, PartPageCodec.Decode(s_id, s_page, page.Number, PartPageCodec.Encode(s_page, page, 3)), 0);
        return read;
    }

    private static long Visits(Counter counter, int parent) =>
        counter.Find(Breakdown.Parent)!.Find(BreakdownValue.Of(Breakdown.Parent, "BEAR", parent))!.Values(s_page)[s_page.IndexOf("visit_cnt")];

    private long Visits(int parent) => Visits(_counter, parent);

    private void Visit(IEnumerable<int> parents)
    {
        foreach (int parent in parents)
        {
            _counter.Apply(s_plan, CounterBreakdownTests.Visit(parent).Fill(_event), ++_sequenceNr);
        }
    }
}
