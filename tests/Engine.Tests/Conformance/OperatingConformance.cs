using DataLoad.Engine.Operating;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every store does for those who operate: the audit log, and the paused streams.</summary>
public abstract class OperatingConformance : ConformanceBase
{
    [Fact]
    public async Task An_audit_entry_is_read_back_as_begun_and_then_with_its_outcome()
    {
        long id = await Store.Audit.BeginAsync(Entry("stream.pause") with { AtMs = 1_700_000_000_123, Target = "act.buy", Detail = "因为" }, Token);

        AuditEntry begun = (await ReadAsync()).Single();
        begun.ShouldBe(Entry("stream.pause") with { Id = id, AtMs = 1_700_000_000_123, Target = "act.buy", Detail = "因为", Outcome = "begun" });
        await Store.Audit.FinishAsync(id, AuditEntry.Done, "因为: 3", Token);
        (await ReadAsync()).Single().ShouldBe(begun with { Outcome = "done", Detail = "因为: 3" });
    }

    [Fact]
    public async Task The_newest_audit_entries_come_first_and_pages_join_without_gap_or_overlap()
    {
        for (int i = 0; i < 7; i++)
        {
            await Store.Audit.BeginAsync(Entry(i % 2 == 0 ? "flush" : "dead.purge") with { AtMs = i }, Token);
        }

        IReadOnlyList<AuditEntry> first = await Store.Audit.ReadAsync(before: null, action: null, 3, Token);
        IReadOnlyList<AuditEntry> second = await Store.Audit.ReadAsync(first[^1].Id, action: null, 3, Token);
        IReadOnlyList<AuditEntry> third = await Store.Audit.ReadAsync(second[^1].Id, action: null, 3, Token);

        first.Concat(second).Concat(third).Select(entry => entry.AtMs).ShouldBe([6, 5, 4, 3, 2, 1, 0]);
        (await Store.Audit.ReadAsync(before: null, "dead.purge", 10, Token)).Select(entry => entry.AtMs).ShouldBe([5, 3, 1]);
    }

    [Fact]
    public async Task Long_and_odd_texts_are_cut_and_mended_rather_than_refused()
    {
        await Store.Audit.BeginAsync(Entry("x\0y") with { Detail = new string('d', 999) + "😀 and more" }, Token);

        AuditEntry entry = (await ReadAsync()).Single();
        entry.Action.ShouldBe("x\uFFFDy");
        entry.Detail.ShouldBe(new string('d', 999));
    }

    [Fact]
    public async Task An_outcome_for_an_entry_that_is_not_there_changes_nothing()
    {
        await Store.Audit.FinishAsync(4711, "done", "", Token);

        (await ReadAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reopening_finds_the_audit_log_and_the_paused_streams()
    {
        await Store.Audit.BeginAsync(Entry("flush"), Token);
        await Store.PausedStreams.SetAsync("act.buy", paused: true, Token);

        await ReopenAsync();

        (await ReadAsync()).Single().Action.ShouldBe("flush");
        (await Store.PausedStreams.ListAsync(Token)).ShouldBe(["act.buy"]);
    }

    [Fact]
    public async Task Streams_are_paused_and_resumed_however_often_it_is_said()
    {
        foreach (string stream in new[] { "bear.visit", "act.buy", "act.off", "act.buy" })
        {
            await Store.PausedStreams.SetAsync(stream, paused: true, Token);
        }

        await Store.PausedStreams.SetAsync("act.off", paused: false, Token);
        await Store.PausedStreams.SetAsync("act.visit", paused: false, Token);

        (await Store.PausedStreams.ListAsync(Token)).ShouldBe(["act.buy", "bear.visit"]);
    }

    private ValueTask<IReadOnlyList<AuditEntry>> ReadAsync() => Store.Audit.ReadAsync(before: null, action: null, 100, Token);

    private static AuditEntry Entry(string action) => new(1, "node", "operator (token) at 127.0.0.1", action);
}
