using Akka.Actor;
using DataLoad.Engine.Contract;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Partitions;
using DataLoad.Engine.Tests.Journaling;
using DataLoad.Engine.Tracing;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Partitions;

public sealed class PartitionSessionsTests : PartitionSpec
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private int _sent;

    public PartitionSessionsTests() => Settings = Settings with
    {
        Sessions = new SessionIndexSettings { SealEvents = 100, SealBlocks = 4, MergeAtSegments = 3, IndexInterval = TimeSpan.FromMilliseconds(50) },
    };

    [Fact]
    public async Task What_is_persisted_is_sealed_and_merged_and_a_question_reads_the_blocks_that_hold_the_session()
    {
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, blocks: 42);

        await AwaitAssertAsync(() => (Segments().Sum(segment => segment.Range.Length) > 40 && Segments().Count < 5).ShouldBeTrue(), Patience);
        Segments().Sum(segment => segment.Count).ShouldBeGreaterThan(38, "two events of a session in one block are one pair");
        Segments().Sum(segment => segment.Count).ShouldBeLessThan(43);
        TracedSession<long> found = await TraceAsync("session 7");
        (found.Events, found.Blocks).ShouldBe((2, 1));
        found.ScannedBlocks.ShouldBeLessThan(4);
    }

    [Fact]
    public async Task What_an_owner_had_not_sealed_is_read_through_and_filled_by_the_next_one()
    {
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, blocks: 3);
        (await TraceAsync("session 1")).ScannedBlocks.ShouldBe(4);
        Segments().ShouldBeEmpty();
        Watch(partition);
        Sys.Stop(partition);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);

        (partition, _) = await StartServingAsync();
        await SendAsync(partition, blocks: 4);
        await AwaitAssertAsync(() => Segments().Sum(segment => segment.Range.Length).ShouldBe(9), Patience);
        foreach (int block in Enumerable.Range(1, 7))
        {
            TracedSession<long> found = await TraceAsync($"session {block}");
            (found.Events, found.Blocks, found.ScannedBlocks).ShouldBe((2, 1, 0));
        }
    }

    [Fact]
    public async Task Segments_that_are_damaged_are_made_anew_from_the_journal()
    {
        (IActorRef partition, _) = await StartServingAsync();
        await SendAsync(partition, blocks: 8);
        await AwaitAssertAsync(() => Segments().Sum(segment => segment.Range.Length).ShouldBe(9), Patience);
        Watch(partition);
        Sys.Stop(partition);
        await ExpectTerminatedAsync(partition, Patience, cancellationToken: TestContext.Current.CancellationToken);
        foreach (Snapshot row in Store.SnapshotsOf(Number, SnapshotKind.SessionSegments).Where(row => row.Key[0] == 1))
        {
            Store.PutSnapshot(Number, SnapshotKind.SessionSegments, row with { Bytes = [1, 2, 3, 4, 5, 6] });
        }

        (await TraceAsync("session 7")).ScannedBlocks.ShouldBe(9);
        (partition, _) = await StartServingAsync();
        await SendAsync(partition, blocks: 4);
        await AwaitAssertAsync(() => Segments().Sum(segment => segment.Range.Length).ShouldBe(14), Patience);
        (await TraceAsync("session 7")).Blocks.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_is_away_holds_up_no_event_and_the_index_is_written_when_it_is_back()
    {
        var back = new TaskCompletionSource();
        (IActorRef partition, _) = await StartServingAsync();
        Store.Before = call => call.Equals("SaveSnapshots", StringComparison.Ordinal) ? back.Task : Task.CompletedTask;
        await SendAsync(partition, blocks: 600);
        Segments().ShouldBeEmpty();
        (await TraceAsync("session 321")).Events.ShouldBe(2);

        back.SetResult();
        await SendAsync(partition, blocks: 4);
        await AwaitAssertAsync(() => Segments().Sum(segment => segment.Range.Length).ShouldBeGreaterThan(600), Patience);
        (await TraceAsync("session 321")).Blocks.ShouldBe(1);
    }

    private async Task SendAsync(IActorRef partition, int blocks)
    {
        for (int block = 0; block < blocks; block++)
        {
            _sent++;
            partition.Tell(Batch(Of("a"), Of("b")), TestActor);
            await ExpectMsgAsync<Accepted>(Patience, cancellationToken: TestContext.Current.CancellationToken);
        }
    }

    private EventSpec Of(string message)
    {
        EventSpec spec = Share(7, 5, $"{_sent} {message}");
        return spec with { Texts = [$"session {_sent}", .. spec.Texts.Skip(1)] };
    }

    private List<SessionSegment> Segments() => [.. Store.SnapshotsOf(Number, SnapshotKind.SessionSegments).Where(row => row.Key[0] == 1).Select(row =>
    {
        SessionSegmentKey.TryParse(row.Key, out BlockRange range, out _).ShouldBeTrue();
        return SessionSegmentRows.DecodeDirectory(Number, range, row.Bytes);
    })];

    private Task<TracedSession<long>> TraceAsync(string session) =>
        new SessionTrace(Catalog.Default, 1, Context().Journal, Store, Store, new TraceSettings()).RunAsync<long>(
            session, EventPlace.Start, 100, _ => (decoder, _) => decoder.SequenceNr, TestContext.Current.CancellationToken);
}
