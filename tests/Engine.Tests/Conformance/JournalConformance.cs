using DataLoad.Engine.Journaling;
using DataLoad.Engine.Storage;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Conformance;

/// <summary>What every journal does.</summary>
public abstract class JournalConformance : ConformanceBase
{
    [Fact]
    public async Task An_empty_journal_ends_at_0_and_reads_nothing()
    {
        (await Store.Journal.LastSequenceNrAsync(3, Token)).ShouldBe(0);
        (await ReadAsync(3, 0)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Appended_blocks_are_read_in_order_and_whole()
    {
        long[] epochs = await LeaseAsync(1, 2);
        JournalBlock second = Block(1, epochs[0], 6, 9, journaledAtMs: 1_700_000_000_123);
        IReadOnlyList<int> stale = await Store.Journal.AppendAsync([Block(1, epochs[0], 1, 5), second, Block(2, epochs[1], 1, 1)], Token);

        stale.ShouldBeEmpty();
        List<JournalBlock> read = await ReadAsync(1, 0);
        read.Select(block => block.FirstSequenceNr).ShouldBe([1, 6]);
        read[1].ShouldBe(second with { Bytes = read[1].Bytes });
        read[1].Bytes.ToArray().ShouldBe(second.Bytes.ToArray());
        (await ReadAsync(2, 0)).Single().LastSequenceNr.ShouldBe(1);
        (await Store.Journal.LastSequenceNrAsync(1, Token)).ShouldBe(9);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 6)]
    [InlineData(6, 6)]
    [InlineData(9, 10)]
    public async Task Reading_starts_at_the_block_that_holds_the_next_SequenceNr(long after, long firstOfFirst)
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5), Block(1, epoch, 6, 9), Block(1, epoch, 10, 10)], Token);

        (await ReadAsync(1, after))[0].FirstSequenceNr.ShouldBe(firstOfFirst);
    }

    [Fact]
    public async Task Reading_after_the_last_SequenceNr_gives_nothing()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5)], Token);

        (await ReadAsync(1, 5)).ShouldBeEmpty();
        (await ReadAsync(1, 500)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Appending_a_block_again_changes_nothing()
    {
        long epoch = (await LeaseAsync(1))[0];
        JournalBlock first = Block(1, epoch, 1, 5);
        await Store.Journal.AppendAsync([first], Token);

        IReadOnlyList<int> stale = await Store.Journal.AppendAsync([first, Block(1, epoch, 6, 7)], Token);

        stale.ShouldBeEmpty();
        (await ReadAsync(1, 0)).Select(block => (block.FirstSequenceNr, block.LastSequenceNr)).ShouldBe([(1, 5), (6, 7)]);
    }

    [Fact]
    public async Task A_stale_shard_is_left_out_and_returned_while_the_others_are_written()
    {
        long[] epochs = await LeaseAsync(1, 2, 3);

        IReadOnlyList<int> stale = await Store.Journal.AppendAsync(
            [Block(1, epochs[0], 1, 2), Block(2, epochs[1] - 1, 1, 2), Block(2, epochs[1] - 1, 3, 4), Block(3, epochs[2], 1, 2)], Token);

        stale.ShouldBe([2]);
        (await ReadAsync(1, 0)).Count.ShouldBe(1);
        (await ReadAsync(2, 0)).ShouldBeEmpty();
        (await ReadAsync(3, 0)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_shard_that_was_never_leased_is_stale()
    {
        (await Store.Journal.AppendAsync([Block(7, 1, 1, 1)], Token)).ShouldBe([7]);
        (await Store.Journal.AppendAsync([Block(7, 0, 1, 1)], Token)).ShouldBe([7]);
        (await ReadAsync(7, 0)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_zombie_writes_nothing_after_a_takeover()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 2)], Token);
        (IStore successor, long[] epochs) = await TakeOverAsync(1);

        IReadOnlyList<int> stale = await AnswerAsync(() => Store.Journal.AppendAsync([Block(1, epoch, 3, 4)], Token));
        bool trimmed = await AnswerAsync(() => Store.Journal.TrimAsync(1, epoch, 2, [], Token));

        stale.ShouldBe([1]);
        trimmed.ShouldBeFalse();
        (await successor.Journal.AppendAsync([Block(1, epochs[0], 3, 3)], Token)).ShouldBeEmpty();
        (await AllAsync(successor.Journal.ReadAsync(1, 0, Token))).Select(block => block.LastSequenceNr).ShouldBe([2, 3]);
    }

    [Fact]
    public async Task Another_block_in_the_same_place_is_refused_by_name_and_undoes_the_whole_append()
    {
        long[] epochs = await LeaseAsync(1, 2);
        await Store.Journal.AppendAsync([Block(1, epochs[0], 11, 15)], Token);

        StoreException refused = await Should.ThrowAsync<StoreException>(
            async () => await Store.Journal.AppendAsync([Block(2, epochs[1], 1, 1), Block(1, epochs[0], 11, 16)], Token));

        refused.Message.ShouldContain("hard 1");
        refused.Message.ShouldContain("11");
        (await ReadAsync(2, 0)).ShouldBeEmpty();
        (await ReadAsync(1, 0)).Single().LastSequenceNr.ShouldBe(15);
        (await Store.Journal.AppendAsync([Block(2, epochs[1], 1, 1)], Token)).ShouldBeEmpty();
        (await ReadAsync(2, 0)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_block_of_an_earlier_epoch_is_never_overwritten()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5)], Token);
        (IStore successor, long[] epochs) = await TakeOverAsync(1);

        await Should.ThrowAsync<StoreException>(async () => await successor.Journal.AppendAsync([Block(1, epochs[0], 1, 5)], Token));

        (await AllAsync(successor.Journal.ReadAsync(1, 0, Token))).Single().Epoch.ShouldBe(epoch);
    }

    [Fact]
    public async Task A_long_journal_is_read_whole_and_in_order_over_many_pages()
    {
        long epoch = (await LeaseAsync(1))[0];
        byte[] large = new byte[48 * 1024];
        for (int i = 0; i < 8; i++)
        {
            await Store.Journal.AppendAsync(
                [.. Enumerable.Range(0, 150).Select(k => Block(1, epoch, First(i, k), First(i, k) + 2) with { Bytes = k == 0 ? large : new byte[] { (byte)k } })],
                Token);
        }

        List<JournalBlock> read = await ReadAsync(1, 300);

        read.Select(block => block.FirstSequenceNr).ShouldBe(Enumerable.Range(100, 1100).Select(i => (3L * i) + 1));
        read.Last().LastSequenceNr.ShouldBe(3600);
        read.Count(block => block.Bytes.Length == large.Length).ShouldBe(7);

        static long First(int i, int k) => (((i * 150L) + k) * 3) + 1;
    }

    [Fact]
    public async Task A_block_larger_than_any_page_is_read()
    {
        long epoch = (await LeaseAsync(1))[0];
        byte[] huge = new byte[6 * 1024 * 1024];
        new Random(7).NextBytes(huge);
        await Store.Journal.AppendAsync(
            [Block(1, epoch, 1, 1) with { Bytes = huge }, Block(1, epoch, 2, 2) with { Bytes = huge.AsMemory(5, 100) }], Token);

        List<JournalBlock> read = await ReadAsync(1, 0);

        read[0].Bytes.Span.SequenceEqual(huge).ShouldBeTrue();
        read[1].Bytes.Span.SequenceEqual(huge.AsSpan(5, 100)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_bytes_are_the_callers_again_once_the_append_returned()
    {
        long epoch = (await LeaseAsync(1))[0];
        byte[] bytes = [1, 2, 3];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 1) with { Bytes = bytes }], Token);
        bytes.AsSpan().Clear();

        (await ReadAsync(1, 0)).Single().Bytes.ToArray().ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task Trimming_removes_the_blocks_that_end_by_then_and_writes_the_baseline()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5), Block(1, epoch, 6, 9), Block(1, epoch, 10, 12)], Token);

        bool trimmed = await Store.Journal.TrimAsync(1, epoch, 10, [Baseline(1, epoch, 1, 9, 42)], Token);

        trimmed.ShouldBeTrue();
        (await ReadAsync(1, 0)).Single().FirstSequenceNr.ShouldBe(10);
        (await Store.Snapshots.LoadCheckpointAsync(1, Token)).ShouldBe(new Checkpoint(0, 10));
        Snapshot baseline = (await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Baseline, [], Token))).Single();
        baseline.SequenceNr.ShouldBe(9);
        baseline.Bytes.ShouldBe([42]);
    }

    [Fact]
    public async Task Trimming_all_leaves_an_empty_journal_and_the_other_shards_whole()
    {
        long[] epochs = await LeaseAsync(1, 2);
        await Store.Journal.AppendAsync([Block(1, epochs[0], 1, 5), Block(2, epochs[1], 1, 5)], Token);
        await Store.Snapshots.SaveCheckpointAsync(1, epochs[0], 5, Token);

        await Store.Journal.TrimAsync(1, epochs[0], 5, [], Token);

        (await Store.Journal.LastSequenceNrAsync(1, Token)).ShouldBe(0);
        (await Store.Journal.LastSequenceNrAsync(2, Token)).ShouldBe(5);
        (await Store.Snapshots.LoadCheckpointAsync(1, Token)).ShouldBe(new Checkpoint(5, 5));
        (await Store.Journal.AppendAsync([Block(1, epochs[0], 6, 6)], Token)).ShouldBeEmpty();
        (await ReadAsync(1, 5)).Single().FirstSequenceNr.ShouldBe(6);
    }

    [Fact]
    public async Task Trimming_under_a_stale_epoch_changes_nothing()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5)], Token);

        bool trimmed = await Store.Journal.TrimAsync(1, epoch - 1, 5, [Baseline(1, epoch - 1, 1, 5, 1)], Token);

        trimmed.ShouldBeFalse();
        (await ReadAsync(1, 0)).Count.ShouldBe(1);
        (await Store.Snapshots.LoadCheckpointAsync(1, Token)).ShouldBe(default);
        (await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Baseline, [], Token))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Trimming_again_changes_nothing_and_the_baseline_never_moves_back()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5), Block(1, epoch, 6, 9)], Token);
        await Store.Journal.TrimAsync(1, epoch, 9, [Baseline(1, epoch, 1, 9, 9)], Token);

        (await Store.Journal.TrimAsync(1, epoch, 9, [Baseline(1, epoch, 1, 9, 9)], Token)).ShouldBeTrue();
        (await Store.Journal.TrimAsync(1, epoch, 5, [Baseline(1, epoch, 1, 5, 5)], Token)).ShouldBeTrue();

        (await Store.Snapshots.LoadCheckpointAsync(1, Token)).BaselineSequenceNr.ShouldBe(9);
        (await AllAsync(Store.Snapshots.ListAsync(1, SnapshotKind.Baseline, [], Token))).Single().Bytes.ShouldBe([9]);
    }

    [Fact]
    public async Task Reopening_finds_all_that_was_appended()
    {
        long epoch = (await LeaseAsync(1))[0];
        await Store.Journal.AppendAsync([Block(1, epoch, 1, 5), Block(1, epoch, 6, 6)], Token);

        await ReopenAsync();

        (await Store.Journal.LastSequenceNrAsync(1, Token)).ShouldBe(6);
        (await ReadAsync(1, 0)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Appends_from_many_callers_at_once_are_all_kept()
    {
        int[] shards = [.. Enumerable.Range(0, 12)];
        long[] epochs = await LeaseAsync(shards);

        await Task.WhenAll(shards.Select(shard => Task.Run(
            async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    (await Store.Journal.AppendAsync([Block(shard, epochs[shard], i + 1, i + 1)], Token)).ShouldBeEmpty();
                    (await Store.Journal.LastSequenceNrAsync(shard, Token)).ShouldBe(i + 1);
                }
            },
            Token)));

        foreach (int shard in shards)
        {
            (await ReadAsync(shard, 0)).Select(block => block.FirstSequenceNr).ShouldBe(Enumerable.Range(1, 20).Select(i => (long)i));
        }
    }

    private Task<List<JournalBlock>> ReadAsync(int shard, long after) => AllAsync(Store.Journal.ReadAsync(shard, after, Token));

    private static JournalBlock Block(int shard, long epoch, long first, long last, long journaledAtMs = 1) => new()
    {
        Shard = shard,
        Epoch = epoch,
        FirstSequenceNr = first,
        LastSequenceNr = last,
        JournaledAtMs = journaledAtMs,
        Bytes = BitConverter.GetBytes((first * 1000) + last),
    };

    private static SnapshotWrite Baseline(int shard, long epoch, byte key, long sequenceNr, byte state) => new()
    {
        Shard = shard,
        Epoch = epoch,
        Kind = SnapshotKind.Baseline,
        Key = [key],
        SequenceNr = sequenceNr,
        Bytes = [state],
    };
}
