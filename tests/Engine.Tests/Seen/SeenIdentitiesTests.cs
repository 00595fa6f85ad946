using DataLoad.Engine.Counting;
using DataLoad.Engine.Counting.Sets;
using DataLoad.Engine.Journaling;
using DataLoad.Engine.Scheduling;
using DataLoad.Engine.Seen;
using Shouldly;
using Xunit;

namespace DataLoad.Engine.Tests.Seen;

/// <summary>Business keys and hashes of a batch: what has to be loaded, what is known then, and what may be let go.</summary>
public sealed class SeenIdentitiesTests
{
    private const byte Stream = 6;
    private const long NowMs = 5_000;
    private const int Chunk = 1 << KeyChunkId.Bits;

    private static readonly TopicKey Topic = new("lesson", 9);

    private readonly FakeSnapshotStore _store = new();
    private readonly MemoryAccount _memory = new(new MemoryBudget(1 << 30), holders: 1);

    [Fact]
    public async Task Keys_and_hashes_of_a_batch_are_known_once_they_were_added_and_not_before()
    {
        SeenIdentities seen = await OpenAsync();
        EventId[] batch = [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? EventId.Key(i * 10_000) : Hash(i))];

        (await AnswersAsync(seen, batch)).ShouldAllBe(known => !known);
        foreach (EventId identity in batch.Where((_, i) => i % 2 == 0))
        {
            seen.Add(Stream, Topic, identity, NowMs);
        }

        seen.BlockAdded();
        (await AnswersAsync(seen, batch)).ShouldBe(Enumerable.Range(0, 300).Select(i => i % 2 == 0));
    }

    [Fact]
    public async Task A_key_is_meant_within_its_stream_and_topic()
    {
        SeenIdentities seen = await OpenAsync();
        await AnswersAsync(seen, EventId.Key(7));
        seen.Add(Stream, Topic, EventId.Key(7), NowMs);

        seen.Begin();
        seen.Ask(Stream + 1, Topic, EventId.Key(7));
        seen.Ask(Stream, new TopicKey("lesson", 10), EventId.Key(7));
        seen.MissingKeys.ShouldBe([new KeyChunkId(Stream + 1, Topic, 0), new KeyChunkId(Stream, new TopicKey("lesson", 10), 0)], ignoreOrder: true);
        seen.SupplyEmpty();
        seen.MissingKeys.ShouldBeEmpty();
        seen.Contains(Stream + 1, Topic, EventId.Key(7), NowMs).ShouldBeFalse();
        seen.Contains(Stream, new TopicKey("lesson", 10), EventId.Key(7), NowMs).ShouldBeFalse();
    }

    [Fact]
    public async Task An_event_without_identity_asks_for_nothing_and_is_not_remembered()
    {
        SeenIdentities seen = await OpenAsync();
        seen.Begin();
        seen.Ask(Stream, Topic, EventId.None);
        seen.Add(Stream, Topic, EventId.None, NowMs);

        seen.MissingKeys.ShouldBeEmpty();
        seen.FindMissingPages(NowMs).ShouldBeFalse();
        (seen.Hashes.ActiveCount, seen.HasChangedKeys).ShouldBe((0, false));
    }

    [Fact]
    public async Task A_chunk_that_was_loaded_answers_with_its_keys()
    {
        SeenIdentities seen = await OpenAsync();
        await AnswersAsync(seen, EventId.Key(7));
        seen.Add(Stream, Topic, EventId.Key(7), NowMs);
        byte[] stored = seen.TakeChanged().ShouldHaveSingleItem().Encode();

        SeenIdentities opened = await OpenAsync();
        opened.Begin();
        opened.Ask(Stream, Topic, EventId.Key(7));
        opened.Supply(KeyChunk.Decode(opened.MissingKeys.ShouldHaveSingleItem(), stored));
        opened.MissingKeys.ShouldBeEmpty();
        opened.Contains(Stream, Topic, EventId.Key(7), NowMs).ShouldBeTrue();
        opened.Contains(Stream, Topic, EventId.Key(8), NowMs).ShouldBeFalse();
        opened.HasChangedKeys.ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_of_hashes_are_loaded_in_as_many_rounds_as_it_takes()
    {
        SeenIdentities seen = await OpenAsync();
        EventId[] batch = [.. Enumerable.Range(0, 100).Select(Hash)];
        await AnswersAsync(seen, batch);
        foreach (EventId identity in batch[..50])
        {
            seen.Add(Stream, Topic, identity, NowMs);
        }

        await SealAsync(seen);
        seen.PassivateHashes(long.MaxValue / 4);

        seen.Begin();
        seen.Ask(Stream, Topic, batch[0]);
        seen.FindMissingPages(NowMs).ShouldBeTrue();
        seen.MissingPages.IsEmpty.ShouldBeFalse();
        (await AnswersAsync(seen, batch)).ShouldBe(Enumerable.Range(0, 100).Select(i => i < 50));
        seen.MissingPages.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_row_that_the_store_lost_is_told_and_the_next_batch_asks_anew()
    {
        SeenIdentities seen = await OpenAsync();
        seen.Add(Stream, Topic, Hash(1), NowMs);
        await SealAsync(seen);
        seen.Begin();
        seen.Ask(Stream, Topic, Hash(1));
        seen.FindMissingPages(NowMs).ShouldBeTrue();

        Should.Throw<SegmentDamageException>(() => seen.SupplyPages([]));

        seen.MissingPages.IsEmpty.ShouldBeTrue();
        (await AnswersAsync(seen, Hash(1))).ShouldBe([true]);
    }

    [Fact]
    public async Task A_chunk_changes_with_its_first_new_key_and_again_after_it_was_taken()
    {
        SeenIdentities seen = await OpenAsync();
        await AnswersAsync(seen, EventId.Key(1), EventId.Key(Chunk));
        seen.HasChangedKeys.ShouldBeFalse();

        seen.Add(Stream, Topic, EventId.Key(1), NowMs);
        seen.Add(Stream, Topic, EventId.Key(2), NowMs);
        seen.HasChangedKeys.ShouldBeTrue();
        KeyChunk changed = seen.TakeChanged().ShouldHaveSingleItem();
        (changed.Id.Number, changed.IsDirty, seen.HasChangedKeys).ShouldBe((0, true, false));

        changed.IsDirty = false;
        seen.Add(Stream, Topic, EventId.Key(2), NowMs);
        seen.HasChangedKeys.ShouldBeFalse("it held that key already");
        seen.Add(Stream, Topic, EventId.Key(3), NowMs);
        seen.TakeChanged().ShouldHaveSingleItem().ShouldBeSameAs(changed);
    }

    [Fact]
    public async Task A_chunk_that_was_made_anew_is_to_be_stored()
    {
        SeenIdentities seen = await OpenAsync();
        seen.Begin();
        seen.Ask(Stream, Topic, EventId.Key(1));
        var repaired = new KeyChunk(seen.MissingKeys.ShouldHaveSingleItem(), new IdSet());

        seen.SupplyRepaired(repaired);

        seen.MissingKeys.ShouldBeEmpty();
        seen.TakeChanged().ShouldHaveSingleItem().ShouldBeSameAs(repaired);
        repaired.IsDirty.ShouldBeTrue();
    }

    [Fact]
    public async Task All_that_is_held_is_accounted_for()
    {
        SeenIdentities seen = await OpenAsync();
        await AnswersAsync(seen, EventId.Key(1));
        long empty = _memory.Bytes;
        empty.ShouldBeGreaterThan(0);
        for (int i = 0; i < 1000; i++)
        {
            seen.Add(Stream, Topic, EventId.Key(i * 7), NowMs);
            seen.Add(Stream, Topic, Hash(i), NowMs);
        }

        seen.Account();
        KeyChunk chunk = seen.TakeChanged().ShouldHaveSingleItem();
        _memory.Bytes.ShouldBe(chunk.ResidentBytes + seen.Hashes.ResidentBytes);
        seen.Hashes.ResidentBytes.ShouldBeGreaterThan(1000 * 16);

        await SealAsync(seen);
        seen.PassivateHashes(long.MaxValue / 4);
        _memory.Bytes.ShouldBe(chunk.ResidentBytes + seen.Hashes.ResidentBytes);
        (await AnswersAsync(seen, Hash(1))).ShouldBe([true]);
        _memory.Bytes.ShouldBe(chunk.ResidentBytes + seen.Hashes.ResidentBytes);
    }

    [Fact]
    public async Task Chunks_are_let_go_in_the_order_of_their_use_until_enough_is_free()
    {
        SeenIdentities seen = await OpenAsync();
        await UseAsync(seen, 2, 0, 1, 3);
        long each = _memory.Bytes / 4;

        seen.PassivateKeys(_memory.Bytes);
        Missing(seen, 0, 1, 2, 3).ShouldBeEmpty();

        seen = await OpenAsync();
        _memory.Release();
        await UseAsync(seen, 2, 0, 1, 3);
        seen.Begin();
        seen.PassivateKeys(_memory.Bytes - 1);
        _memory.Bytes.ShouldBe(3 * each);
        Missing(seen, 0, 1, 2, 3).ShouldBe([2]);
    }

    [Fact]
    public async Task The_chunks_that_the_last_block_asked_for_stay()
    {
        SeenIdentities seen = await OpenAsync();
        await UseAsync(seen, 0, 1, 2, 3);
        seen.Begin();

        seen.PassivateKeys(0);

        Missing(seen, 0, 1, 2, 3).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task The_chunks_that_a_waiting_batch_asked_for_stay_however_many_blocks_were_added_meanwhile()
    {
        SeenIdentities seen = await OpenAsync();
        await UseAsync(seen, 0, 1);
        await AnswersAsync(seen, EventId.Key(Chunk));
        for (int i = 0; i < 5; i++)
        {
            seen.BlockAdded();
        }

        seen.PassivateKeys(0);

        Missing(seen, 0, 1).ShouldBe([0]);
    }

    [Fact]
    public async Task A_chunk_stays_until_what_changed_of_it_is_saved()
    {
        SeenIdentities seen = await OpenAsync();
        await UseAsync(seen, 0);
        seen.Add(Stream, Topic, EventId.Key(1), NowMs);
        await UseAsync(seen, 1, 2, 3);
        seen.Begin();
        seen.PassivateKeys(0);
        KeyChunk changed = seen.TakeChanged().ShouldHaveSingleItem();
        (changed.IsDirty, changed.IsSaving) = (false, true);
        seen.PassivateKeys(0);
        seen.Add(Stream, Topic, EventId.Key(1), NowMs);

        changed.IsSaving = false;
        seen.PassivateKeys(0);

        Missing(seen, 0).ShouldBe([0]);
    }

    private async Task<SeenIdentities> OpenAsync() =>
        new(await SeenHashes.OpenAsync(7, _store, new SeenHashesOptions { WindowMs = 1_600, PageIds = 8 }, damaged: null, default), _memory);

    private async Task SealAsync(SeenIdentities seen)
    {
        await _store.SaveAsync(seen.Hashes.Seal(1, 1, NowMs).Writes, default);
        seen.Hashes.Sealed();
    }

    private static EventId Hash(int number) => new(IdentityKind.Hash, new UInt128((ulong)number * 0x9E37_79B9_7F4A_7C15, (ulong)number));

    /// <summary>Uses a chunk in each of as many blocks.</summary>
    private async Task UseAsync(SeenIdentities seen, params int[] chunks)
    {
        foreach (int chunk in chunks)
        {
            await AnswersAsync(seen, EventId.Key(chunk * Chunk));
            seen.BlockAdded();
        }
    }

    /// <summary>Which of the chunks are not in memory.</summary>
    private static IEnumerable<int> Missing(SeenIdentities seen, params int[] chunks)
    {
        seen.Begin();
        foreach (int chunk in chunks)
        {
            seen.Ask(Stream, Topic, EventId.Key(chunk * Chunk));
        }

        return seen.MissingKeys.Select(id => id.Number).Order();
    }

    private async Task<bool[]> AnswersAsync(SeenIdentities seen, params EventId[] batch)
    {
        seen.Begin();
        foreach (EventId identity in batch)
        {
            seen.Ask(Stream, Topic, identity);
        }

        seen.SupplyEmpty();
        for (int round = 0; seen.FindMissingPages(NowMs); round++)
        {
            round.ShouldBeLessThan(100);
            seen.SupplyPages(await _store.LoadAsync(seen.Hashes.Shard, SnapshotKind.SeenHashes, seen.MissingPages.Keys, default));
        }

        return [.. batch.Select(identity => seen.Contains(Stream, Topic, identity, NowMs))];
    }
}
